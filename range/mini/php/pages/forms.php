<?php
// SPDX-License-Identifier: Apache-2.0
$form = (string) ($_GET['form'] ?? 'leave.txt');
if (!flaw('form-path')) {
    $form = basename($form);
}
$file = __DIR__ . '/../forms/' . $form;
if (str_contains($file, "\0") || !is_file($file)) {
    http_response_code(404);
    echo page('Forms', '<p>There is no such form.</p>');
    return;
}
header('Content-Type: text/plain; charset=utf-8');
readfile($file);
