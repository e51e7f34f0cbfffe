<?php
// PHP's mysqli (mysqlnd): host port user password schema, and "compressed" or "plain"; prints what three statements return.
// mysqlnd compresses when told to, whatever was offered.
declare(strict_types=1);
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
[, $host, $port, $user, $password, $schema, $how] = $argv;
$db = mysqli_init();
$db->real_connect($host, $user, $password, $schema, (int) $port, null, $how === 'compressed' ? MYSQLI_CLIENT_COMPRESS : 0);
$said = [];
foreach (["SELECT REPEAT('a row that gets smaller ', 200)", "SELECT SHA2(1, 256)", "SELECT REPEAT('x', 1000000)"] as $sql) {
    $said[] = md5((string) $db->query($sql)->fetch_row()[0]);
}
$statement = $db->prepare("SELECT CONCAT(?, REPEAT('y', 3000))");
$text = str_repeat('a long parameter ', 5000);
$statement->bind_param('s', $text);
$statement->execute();
$said[] = md5((string) $statement->get_result()->fetch_row()[0]);
echo json_encode($said), "\n";
