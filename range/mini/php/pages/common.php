<?php
// SPDX-License-Identifier: Apache-2.0
// Payroll of a small company: what all pages need.

class Prefs
{
    public string $language = 'en';
    public int $rows = 20;
}

function flaw(string $id): bool
{
    return in_array($id, explode(',', getenv('FLAWS') ?: ''), true);
}

function db(): PDO
{
    $fresh = !file_exists(getenv('SQLITE'));
    $db = new PDO('sqlite:' . getenv('SQLITE'));
    $db->setAttribute(PDO::ATTR_DEFAULT_FETCH_MODE, PDO::FETCH_ASSOC);
    if ($fresh) {
        fill($db);
    }
    return $db;
}

function fill(PDO $db): void
{
    $db->beginTransaction();
    $db->exec('CREATE TABLE IF NOT EXISTS staff (id INTEGER PRIMARY KEY, login TEXT, password TEXT, name TEXT, department INTEGER, extension TEXT, iban TEXT)');
    $db->exec('CREATE TABLE IF NOT EXISTS slips (id INTEGER PRIMARY KEY, staff INTEGER, month TEXT, gross INTEGER, net INTEGER)');
    $people = [getenv('VALUE_USERA'), getenv('VALUE_USERB'), getenv('VALUE_USERC'), 'Sven', 'Rute', 'Olha', 'Pim', 'Zita'];
    foreach ($people as $i => $name) {
        $password = $i < 3 ? password_hash(getenv('VALUE_PASSWORD' . 'ABC'[$i]), PASSWORD_BCRYPT, ['cost' => 6]) : '*';
        $db->prepare('INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?, ?)')->execute([$i + 1, strtolower($name), $password,
            ucfirst($name) . ' ' . ['Brandt', 'Costa', 'Dijk', 'Engel'][$i % 4], 1 + $i % 3, (string) (200 + $i), 'XX00 KONTO ' . (4711 + $i * 31)]);
        for ($m = 1; $m <= 3; $m++) {
            $db->prepare('INSERT INTO slips VALUES (?, ?, ?, ?, ?)')->execute([(int) getenv('VALUE_SLIP') + $i * 3 + $m - 1, $i + 1,
                "2026-0$m", 310000 + $i * 12500, 205000 + $i * 7900]);
        }
    }
    $db->commit();
}

function begin(): void
{
    session_save_path(getenv('DATA'));
    session_set_cookie_params(['path' => '/', 'httponly' => !flaw('cookie-flags'), 'secure' => !flaw('cookie-flags'),
        'samesite' => flaw('cookie-flags') ? '' : 'Lax']);
    session_start();
}

function user(): int
{
    begin();
    if (!isset($_SESSION['staff'])) {
        header('Location: /login.php', true, 302);
        exit;
    }
    return $_SESSION['staff'];
}

function prefs(): Prefs
{
    $text = base64_decode($_COOKIE['prefs'] ?? '', true);
    if ($text !== false && $text !== '') {
        if (flaw('prefs-object')) {
            $prefs = unserialize($text);
            return $prefs instanceof Prefs ? $prefs : new Prefs();
        }
        $prefs = new Prefs();
        $prefs->rows = max(5, min(50, (int) (json_decode($text, true)['rows'] ?? 20)));
        return $prefs;
    }
    return new Prefs();
}

function e(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}

function page(string $title, string $body): string
{
    return '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>' . e($title) . '</title><link rel="stylesheet" href="/style.css"></head><body><h1>'
        . e($title) . '</h1>' . $body . '</body></html>';
}
