<?php
// SPDX-License-Identifier: Apache-2.0
$to = (string) ($_GET['to'] ?? '/');
if (!flaw('out-redirect') && !preg_match('#^/(?![/\\\\])[\w./?=-]*$#D', $to)) {
    $to = '/';
}
header('Location: ' . strtok($to, "\r\n"), true, 302);
