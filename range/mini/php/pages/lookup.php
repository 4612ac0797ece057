<?php
// SPDX-License-Identifier: Apache-2.0
// Asked by the telephone system: says who it is, and what it was asked.
header('Content-Type: application/json');
header('X-Content-Type-Options: nosniff');
$find = db()->prepare('SELECT name FROM staff WHERE extension = ?');
$find->execute([(string) ($_GET['ext'] ?? '')]);
echo json_encode(['asked' => (string) ($_GET['ext'] ?? ''), 'name' => $find->fetchColumn() ?: null], JSON_UNESCAPED_SLASHES);
