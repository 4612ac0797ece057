<?php
// SPDX-License-Identifier: Apache-2.0
begin();
$prefs = prefs();
if (!isset($_COOKIE['prefs'])) {
    setcookie('prefs', base64_encode(flaw('prefs-object') ? serialize($prefs) : json_encode($prefs)), ['path' => '/', 'httponly' => true, 'secure' => true, 'samesite' => 'Lax']);
}
$links = '';
foreach (['slips', 'staff', 'find', 'export', 'forms'] as $name) {
    $example = ['slips' => '', 'staff' => '?dept=2', 'find' => '?name=olha', 'export' => '?month=2026-02', 'forms' => '?form=leave.txt'][$name];
    $links .= '<li><a href="/' . getenv('WORD_' . strtoupper($name)) . '.php' . $example . '">' . $name . '</a></li>';
}
echo page('Payroll', "<ul>$links<li><a href=\"/help.php\">help</a></li><li><a href=\"/lookup.php?ext=203\">who is 203?</a></li>"
    . '<li><a href="/out.php?to=/help.php">out</a></li><li><a href="/login.php">log in</a></li></ul>');
