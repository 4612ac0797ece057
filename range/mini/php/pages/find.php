<?php
// SPDX-License-Identifier: Apache-2.0
$name = (string) ($_GET['name'] ?? '');
$find = db()->prepare("SELECT name, extension FROM staff WHERE instr(lower(name), lower(?)) > 0");
$find->execute([$name]);
$hits = $name === '' ? [] : $find->fetchAll();
$shown = flaw('find-html') ? $name : e($name);
$body = '<form><input name="name"><button>Find</button></form><p>' . count($hits) . " found for <b>$shown</b></p><ul>";
foreach ($hits as $hit) {
    $body .= '<li>' . e($hit['name'] . ', ' . $hit['extension']) . '</li>';
}
echo page('Find', $body . '</ul>');
