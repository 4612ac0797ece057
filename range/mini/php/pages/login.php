<?php
// SPDX-License-Identifier: Apache-2.0
begin();
$message = '';
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $find = db()->prepare('SELECT id, password FROM staff WHERE login = ?');
    $find->execute([(string) ($_POST['user'] ?? '')]);
    $row = $find->fetch();
    if (password_verify((string) ($_POST['password'] ?? ''), $row ? $row['password'] : '$2y$06$' . str_repeat('a', 53))) {
        session_regenerate_id(true);
        $_SESSION['staff'] = $row['id'];
        header('Location: /', true, 303);
        exit;
    }
    http_response_code(401);
    $message = '<p>Wrong name or password.</p>';
}
echo page('Log in', $message . '<form method="post"><input name="user"><input name="password" type="password"><button>Log in</button></form>');
