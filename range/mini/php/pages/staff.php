<?php
// SPDX-License-Identifier: Apache-2.0
// The public telephone list of a department.
$dept = $_GET['dept'] ?? 1;
if (!flaw('staff-number') && !ctype_digit((string) $dept)) {
    http_response_code(400);
    echo page('Staff', '<p>Which department?</p>');
    return;
}
$rows = '';
foreach (db()->query("SELECT name, extension FROM staff WHERE department = $dept ORDER BY name") as $row) {
    $rows .= '<tr><td>' . e($row['name']) . '</td><td>' . e($row['extension']) . '</td></tr>';
}
echo page('Staff', "<table>$rows</table>");
