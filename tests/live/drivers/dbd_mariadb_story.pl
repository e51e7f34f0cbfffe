#!/usr/bin/perl
# The story with Perl's DBD::MariaDB (Connector/C), with prepared statements on the server.
use strict;
use warnings;
use utf8;
use DBI;
use Digest::MD5 qw(md5_hex);
use JSON::PP;
use Time::HiRes qw(time);

my ($host, $port, $user, $password, $schema) = @ARGV;
my @story;
my $columns = "i8 TINYINT, u64 BIGINT UNSIGNED, i32 INT, f FLOAT, d DOUBLE, de DECIMAL(20,5), day DATE, moment DATETIME(6), clock TIME, "
    . "yr YEAR, c CHAR(5), vc VARCHAR(50), vb VARBINARY(20), tx TEXT, en ENUM('a','b'), b BIT(9)";

sub connected {
    my %more = @_;
    return DBI->connect("DBI:MariaDB:database=$schema;host=$host;port=$port;mariadb_server_prepare=1", $user, $password,
        { RaiseError => 1, PrintError => 0, AutoCommit => 1, mariadb_server_prepare => 1, %more });
}

sub plain { my $v = shift; return !defined $v ? undef : $v =~ /[^\x20-\x{7e}]/ && $v !~ /[^\x00-\xff]/ ? "hex " . unpack("H*", $v) : "$v" }
sub rows { my ($db, $sql, @p) = @_; return [map { [map { plain($_) } @$_] } @{ $db->selectall_arrayref($sql, undef, @p) }] }

my $mark = int(time * 1e6);

sub settle {
    my $db = shift;
    $mark++;
    $db->do("INSERT INTO story_marks VALUES (?)", undef, $mark);
    my $deadline = time + 20;
    while (time < $deadline) {
        my $seen = eval { $db->selectrow_arrayref("SELECT COUNT(*) FROM story_marks WHERE n = $mark") };
        return if $seen && $seen->[0];
    }
    die "the mark was not seen\n";
}

sub failure {
    my ($db, $sql) = @_;
    eval { $db->do($sql); 1 } and return ["none"];
    return [0 + $db->err, $db->state, $db->errstr];
}

my $db = connected();
push @story, ["connect", rows($db, "SELECT 1")];
$db->do("DROP TABLE IF EXISTS story, story_marks");
$db->do("CREATE TABLE story_marks (n BIGINT)");
$db->do("CREATE TABLE story (id INT AUTO_INCREMENT PRIMARY KEY, $columns, bl LONGBLOB)");
push @story, ["insert", 0 + $db->do("INSERT INTO story (vc, i32) VALUES ('text', 1), (NULL, NULL)"), $db->last_insert_id];

my $names = join ", ", map { (split " ")[0] } split ", ", $columns;
my $insert = $db->prepare("INSERT INTO story ($names) VALUES (" . join(", ", ("?") x 16) . ")");
my @values = (-128, "18446744073709551615", 42, 1.5, -2.25e100, "12345.67890", "2024-02-29", "2024-02-29 23:59:59.123456",
    "-12:34:56", 2024, "abc", "\x{1F600} ünï", undef, "long" x 100, "b", "1");
$insert->bind_param($_ + 1, $values[$_]) for 0 .. 15;
$insert->bind_param(13, "\x00\xff'\\", DBI::SQL_BLOB);
push @story, ["prepared insert", 0 + $insert->execute, $db->last_insert_id];
push @story, ["prepared nulls", 0 + $insert->execute((undef) x 16), $db->last_insert_id];
settle($db);

my $select = $db->prepare("SELECT * FROM story WHERE id >= ? ORDER BY id");
for my $id (3, 1, 99) {
    $select->execute($id);
    push @story, ["prepared select", $select->{NAME}, $select->{TYPE}, $select->{NULLABLE},
        [map { [map { plain($_) } @$_] } @{ $select->fetchall_arrayref }]];
}
$select->finish;

$db->begin_work;
$db->do("INSERT INTO story (vc) VALUES ('rolled back')");
my $inside = rows($db, "SELECT COUNT(*) FROM story");
$db->rollback;
push @story, ["rollback", $inside, rows($db, "SELECT COUNT(*) FROM story FOR UPDATE")];
$db->{AutoCommit} = 0;
$db->do("INSERT INTO story (vc) VALUES ('committed')");
$db->commit;
$db->{AutoCommit} = 1;
settle($db);
push @story, ["commit", rows($db, "SELECT id, vc FROM story ORDER BY id")];
push @story, ["errors", map { failure($db, $_) } "SELEKT", "SELECT * FROM nosuch", "INSERT INTO story (id) VALUES (1)",
    "SELECT nosuch FROM story", "USE nosuch"];
push @story, ["emoji", rows($db, "SELECT HEX(vc), vc = ?, CHAR_LENGTH(vc) FROM story WHERE id = 3", "\x{1F600} ünï")];

my $blob = join("", map { chr } 0 .. 255) x (20 * 1024 * 1024 / 256);
my $update = $db->prepare("UPDATE story SET bl = ? WHERE id = 1");
$update->bind_param(1, $blob, DBI::SQL_BLOB);
push @story, ["blob in", 0 + $update->execute];
settle($db);
my $back = $db->selectrow_arrayref("SELECT bl, SHA2(bl, 256) FROM story WHERE id = 1");
push @story, ["blob out", length $back->[0], md5_hex($back->[0]), $back->[1]];

$db->do("SELECT CAST('x' AS UNSIGNED)");
push @story, ["warnings", rows($db, "SHOW WARNINGS")];
push @story, ["ping", $db->ping ? 1 : 0];
$db->disconnect;

$db = connected(mariadb_multi_statements => 1, mariadb_server_prepare => 0);
my $several = $db->prepare("SELECT 1 AS a; SELECT 2 AS b, 3 AS c; SELECT 5", { mariadb_server_prepare => 0 });
$several->execute;
my @results;
do { push @results, [map { [map { plain($_) } @$_] } @{ $several->fetchall_arrayref }] } while ($several->more_results);
push @story, ["several", @results];
settle($db);
push @story, ["again", rows($db, "SELECT COUNT(*), DATABASE() FROM story")];
$db->do("DROP TABLE story, story_marks");
$db->disconnect;
print JSON::PP->new->ascii->canonical->encode(\@story), "\n";
