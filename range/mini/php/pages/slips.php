<?php
// SPDX-License-Identifier: Apache-2.0
$staff = user();
header('Content-Type: application/json');
if (!isset($_GET['id'])) {
    $list = db()->prepare('SELECT id, month FROM slips WHERE staff = ? ORDER BY month');
    $list->execute([$staff]);
    echo json_encode(array_map(fn ($s) => $s + ['href' => $_SERVER['SCRIPT_NAME'] . '?id=' . $s['id']], $list->fetchAll()));
    return;
}
$find = db()->prepare('SELECT p.name, p.iban, s.* FROM slips s JOIN staff p ON p.id = s.staff WHERE s.id = ?' . (flaw('slip-owner') ? '' : ' AND s.staff = ?'));
$find->execute(flaw('slip-owner') ? [$_GET['id']] : [$_GET['id'], $staff]);
$slip = $find->fetch();
http_response_code($slip ? 200 : 404);
echo json_encode($slip ?: ['error' => 'no such slip']);
