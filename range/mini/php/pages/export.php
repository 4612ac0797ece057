<?php
// SPDX-License-Identifier: Apache-2.0
// The name of the file that a month's export will have, made by the same tool as in the nightly job.
user();
$month = (string) ($_GET['month'] ?? '');
if (!flaw('export-command') && !preg_match('/^\d{4}-\d\d$/D', $month)) {
    http_response_code(400);
    $month = 'unknown';
}
header('Content-Type: application/json');
echo json_encode(['file' => trim((string) shell_exec("basename /var/payroll/export-$month.csv 2>/dev/null"))]);
