<?php
// The story with PHP's mysqli (mysqlnd): prepared statements on the server, unbuffered results, multi_query. With
// STORY_COMPRESS in the environment every connection compresses.
declare(strict_types=1);
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
ini_set('memory_limit', '512M');
[, $host, $port, $user, $password, $schema] = $argv;
$story = [];

const COLUMNS = "i8 TINYINT, u64 BIGINT UNSIGNED, i32 INT, f FLOAT, d DOUBLE, de DECIMAL(20,5), day DATE, moment DATETIME(6), clock TIME, "
    . "yr YEAR, c CHAR(5), vc VARCHAR(50), vb VARBINARY(20), tx TEXT, en ENUM('a','b'), b BIT(9)";

function plain(mixed $value): mixed
{
    return is_string($value) && !preg_match('//u', $value) ? bin2hex($value) : $value;
}

function rows(mysqli_result $result): array
{
    return array_map(fn ($row) => array_map('plain', $row), $result->fetch_all(MYSQLI_NUM));
}

function connect(): mysqli
{
    global $host, $port, $user, $password, $schema;
    $db = mysqli_init();
    $db->real_connect($host, $user, $password, $schema, (int) $port, null, getenv('STORY_COMPRESS') ? MYSQLI_CLIENT_COMPRESS : 0);
    $db->set_charset('utf8mb4');
    return $db;
}

$mark = (int) (microtime(true) * 1e6);
function settle(mysqli $db): void
{
    global $mark;
    $mark++;
    $db->query("INSERT INTO story_marks VALUES ($mark)");
    $deadline = microtime(true) + 20;
    while (microtime(true) < $deadline) {
        try {
            if ($db->query("SELECT COUNT(*) FROM story_marks WHERE n = $mark")->fetch_row()[0] > 0) {
                return;
            }
        } catch (mysqli_sql_exception) {
        }
    }
    throw new Exception('the mark was not seen');
}

function failure(callable $work): array
{
    try {
        $work();
        return ['none'];
    } catch (mysqli_sql_exception $e) {
        return [$e->getCode(), $e->getSqlState(), $e->getMessage()];
    }
}

$db = connect();
$story[] = ['connect', rows($db->query('SELECT 1'))];
$db->query('DROP TABLE IF EXISTS story, story_marks');
$db->query('CREATE TABLE story_marks (n BIGINT)');
$db->query('CREATE TABLE story (id INT AUTO_INCREMENT PRIMARY KEY, ' . COLUMNS . ', bl LONGBLOB)');
$db->query("INSERT INTO story (vc, i32) VALUES ('text', 1), (NULL, NULL)");
$story[] = ['insert', $db->affected_rows, $db->insert_id, $db->info, $db->warning_count];

$names = implode(', ', array_map(fn ($part) => explode(' ', $part)[0], explode(', ', COLUMNS)));
$insert = $db->prepare("INSERT INTO story ($names) VALUES (" . implode(', ', array_fill(0, 16, '?')) . ')');
$story[] = ['prepare', $insert->param_count, $insert->field_count];
$values = [-128, '18446744073709551615', 42, 1.5, -2.25e100, '12345.67890', '2024-02-29', '2024-02-29 23:59:59.123456', '-12:34:56',
    2024, 'abc', '😀 ünï', "\x00\xff'\\", str_repeat('long', 100), 'b', "\x01\x01"];
$insert->execute($values);
$story[] = ['prepared insert', $insert->affected_rows, $insert->insert_id];
$nulls = array_fill(0, 16, null);
$insert->bind_param('isidddssssssssss', ...$nulls);
$insert->execute();
$story[] = ['prepared nulls', $insert->affected_rows, $insert->insert_id];
$insert->close();
settle($db);

$select = $db->prepare('SELECT * FROM story WHERE id >= ? ORDER BY id');
foreach ([3, 1, 99] as $id) {
    $select->bind_param('i', $id);
    $select->execute();
    $result = $select->get_result();
    $story[] = ['prepared select', rows($result), array_map(fn ($f) => [$f->name, $f->type, $f->flags, $f->length], $result->fetch_fields())];
}
$select->close();

$cursor = $db->prepare('SELECT id, vc FROM story ORDER BY id');
$cursor->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
$cursor->execute();
$cursor->bind_result($id, $vc);
$seen = [];
while ($cursor->fetch()) {
    $seen[] = [$id, $vc];
}
$cursor->close();
$story[] = ['cursor', $seen];

$db->begin_transaction();
$db->query("INSERT INTO story (vc) VALUES ('rolled back')");
$inside = rows($db->query('SELECT COUNT(*) FROM story'));
$db->rollback();
$story[] = ['rollback', $inside, rows($db->query('SELECT COUNT(*) FROM story FOR UPDATE'))];
$db->autocommit(false);
$db->query("INSERT INTO story (vc) VALUES ('committed')");
$db->commit();
$db->autocommit(true);
settle($db);
$story[] = ['commit', rows($db->query('SELECT id, vc FROM story ORDER BY id'))];

$story[] = ['errors', ...array_map(fn ($sql) => failure(fn () => $db->query($sql)),
    ['SELEKT', 'SELECT * FROM nosuch', 'INSERT INTO story (id) VALUES (1)', 'SELECT nosuch FROM story']),
    failure(fn () => $db->prepare('SELECT nosuch FROM story')), failure(fn () => $db->select_db('nosuch'))];
$story[] = ['emoji', rows($db->query("SELECT vc, HEX(vc), '😀' = '😀' FROM story WHERE id = 3"))];

$blob = str_repeat(implode('', array_map('chr', range(0, 255))), 20 * 1024 * 1024 / 256);
$update = $db->prepare('UPDATE story SET bl = ? WHERE id = 1');
$null = null;
$update->bind_param('b', $null);
foreach (str_split($blob, 1 << 20) as $piece) {
    $update->send_long_data(0, $piece);
}
$update->execute();
$story[] = ['blob in', $update->affected_rows];
settle($db);
$back = $db->query('SELECT bl, SHA2(bl, 256) FROM story WHERE id = 1', MYSQLI_USE_RESULT)->fetch_row();
$story[] = ['blob out', strlen($back[0]), md5($back[0]), $back[1]];
unset($back);
while ($db->more_results()) {
    $db->next_result();
}
$db->close();

$db = connect();
settle($db);
$db->multi_query('SELECT 1 AS a; SELECT 2 AS b, 3 AS c; DO 4; SELECT 5');
$several = [];
do {
    $result = $db->store_result();
    $several[] = $result ? rows($result) : $db->affected_rows;
} while ($db->more_results() && $db->next_result());
$story[] = ['several', ...$several];
$db->query("SELECT CAST('x' AS UNSIGNED)");
$story[] = ['warnings', $db->warning_count, rows($db->query('SHOW WARNINGS'))];
$story[] = ['change user', $db->change_user($user, $password, $schema), rows($db->query('SELECT DATABASE()'))];
$story[] = ['ping', $db->stat() !== false];
settle($db);
$story[] = ['again', rows($db->query('SELECT COUNT(*), DATABASE() FROM story'))];
$db->query('DROP TABLE story, story_marks');
$db->close();
echo json_encode($story, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION | JSON_PARTIAL_OUTPUT_ON_ERROR), "\n";
