<?php
// SPDX-License-Identifier: Apache-2.0
// What the web server's rewrite rules do elsewhere: names of the seed, and which files are served at all.
require __DIR__ . '/../pages/common.php';

$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/');
$pages = ['/' => 'home', '/index.php' => 'home', '/login.php' => 'login', '/out.php' => 'out', '/help.php' => 'help', '/lookup.php' => 'lookup'];
foreach (['slips', 'staff', 'find', 'export', 'forms'] as $page) {
    $pages['/' . getenv('WORD_' . strtoupper($page)) . '.php'] = $page;
}
if (isset($pages[$path])) {
    require __DIR__ . "/../pages/{$pages[$path]}.php";
    return true;
}
$file = realpath(__DIR__ . '/../public' . $path);
$shipped = in_array($path, ['/style.css', '/robots.txt'], true);
if ($file !== false && is_file($file) && ($shipped || flaw('docroot'))) {
    return false; // served by the web server itself
}
http_response_code(404);
echo page('Not found', '<p>There is nothing here.</p>');
return true;
