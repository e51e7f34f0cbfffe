"""Sequences of statements, as a session may say them: from a seed, always the same.

A statement is a template; words in braces are replaced at random (WORDS), and {'word} gives the same as a quoted string.
A sequence dwells on a few themes, so that what they do to a session meets, and asks after every few statements what the
session's state is (ASKS): a statement that ran at the wrong place shows there.

What comes out is text, or ("prepare", name, sql), ("execute", name, values, flags), ("close", name) of the binary
protocol, or ("command", byte, body). `RUN` in a text stands for a number of the run: names that outlive a connection.
Statements of which one family knows nothing fail there with 1064, directly as through headgate: they are not told apart.
"""

import random
import re

import mysqlwire as w

# What is there before each sequence: SCHEMA is made once, BEGINNING is run anew each time. (u may be dropped and altered.)
SCHEMA = [
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), n INT) ENGINE=InnoDB",
    "CREATE TABLE tr (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "CREATE TRIGGER tr_in BEFORE INSERT ON tr FOR EACH ROW SET @c = NEW.n",
    "CREATE VIEW v AS SELECT id, UPPER(name) AS loud FROM t",
    "CREATE PROCEDURE p_two() BEGIN SELECT 1 AS one; SELECT COUNT(*) FROM t; END",
    "CREATE PROCEDURE p_out(IN x INT, OUT y INT) SET y = x * 2",
    "CREATE PROCEDURE p_in() INSERT INTO t (name, n) VALUES ('by procedure', 5)",
    "CREATE PROCEDURE p_trx() BEGIN START TRANSACTION; INSERT INTO t (name) VALUES ('left open'); END",
    "CREATE PROCEDURE p_tmp() CREATE TEMPORARY TABLE IF NOT EXISTS tmp1 AS SELECT 7 AS a",
    "CREATE PROCEDURE p_zone() SET time_zone = '+03:00'",
    "CREATE PROCEDURE p_mode() SET SESSION sql_mode = 'PIPES_AS_CONCAT'",
    "CREATE PROCEDURE p_names() SET NAMES latin1",
    "CREATE PROCEDURE p_commit() SET autocommit = 0",
    "CREATE PROCEDURE p_var() SET @a = 77, @b = 'by procedure'",
    "CREATE PROCEDURE p_signal() SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'as told', MYSQL_ERRNO = 4711",
    "CREATE PROCEDURE p_warn() SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'beware', MYSQL_ERRNO = 4712",
    "CREATE PROCEDURE p_lock(name VARCHAR(60)) DO GET_LOCK(name, 0)",
    "CREATE FUNCTION f_twice(x INT) RETURNS INT DETERMINISTIC RETURN x * 2",
    "CREATE FUNCTION f_read() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM t)",
    "CREATE FUNCTION f_write(x INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO t (name, n) VALUES ('by function', x); "
    "RETURN LAST_INSERT_ID(); END",
    "CREATE FUNCTION f_var(x INT) RETURNS INT NO SQL BEGIN SET @a = x; RETURN x; END",
    "CREATE VIEW v_write AS SELECT f_write(1) AS w",
]

# MariaDB's. (NOCACHE: no number is lost when a server is killed.)
SEQUENCES = ["CREATE SEQUENCE sq1 NOCACHE", "CREATE SEQUENCE sq2 START 100 INCREMENT 10 NOCACHE"]
SEQUENCES_BEGINNING = "; ALTER SEQUENCE sq1 RESTART; ALTER SEQUENCE sq2 RESTART"

BEGINNING = (
    "USE test; DROP TABLE IF EXISTS d1, d2, tmp1, tmp2, u, app2.d1, app2.d2, app2.tmp1, app2.tmp2, app2.u, app2.t; "
    "DROP VIEW IF EXISTS app2.v; TRUNCATE t; TRUNCATE tr; "
    "CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(20)) ENGINE=InnoDB; "
    "INSERT INTO t (id, name, n) VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', NULL); "
    "INSERT INTO u VALUES (1, 'eins'), (2, 'zwei')")


def schema(family):
    """What is made once."""
    return SCHEMA + SEQUENCES if family == "mariadb" else SCHEMA


def beginning(family):
    """What is said before each sequence of statements."""
    return BEGINNING + SEQUENCES_BEGINNING if family == "mariadb" else BEGINNING


WORDS = {
    "n": ["0", "1", "2", "3", "4", "7", "99"],
    "v": ["@a", "@b", "@c", "@`a`"],
    "vw": ["@a", "@b", "@c"],
    "x": ["{n}", "'x{n}'", "NULL", "1.50", "2e1", "'it''s'", "x'C3A9'", "{n} + 1", "UPPER('q')", "(SELECT MAX(id) FROM t)", "{v}",
          "CAST('2024-02-29' AS DATE)", "-{n}", "TRUE"],
    "const": ["{n}", "'x{n}'", "NULL", "1.50", "-{n}", "'it''s'"],
    "tmp": ["tmp1", "tmp2", "t", "u"],
    "new": ["tmp1", "tmp1", "tmp2", "tmp2", "u"],
    "d": ["d1", "d2"],
    "q": ["sq1", "sq2"],
    "s": ["s1", "s2"],
    "p": ["p1", "p2"],
    "l": ["l1_RUN", "l2_RUN"],
    "read": ["SELECT id, name FROM t WHERE id = {n}", "SELECT COUNT(*), SUM(n) FROM t", "SELECT * FROM t ORDER BY id",
             "SELECT v FROM u WHERE id = {n}", "SELECT {n} + 1", "SELECT * FROM v ORDER BY id LIMIT {n}"],
    "write": ["INSERT INTO t (name, n) VALUES ('new', {n})", "UPDATE t SET n = {n} WHERE id = {n}", "DELETE FROM t WHERE id = {n}",
              "REPLACE INTO u VALUES ({n}, 'r')", "INSERT INTO u VALUES ({n}, 'dup')"],
    "isolation": ["READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"],
    "off": ["0", "OFF", "false", "'OFF'", "1 - 1"],
    "on": ["1", "ON", "true", "'ON'", "DEFAULT"],
    "mode": ["''", "'ANSI_QUOTES'", "'NO_BACKSLASH_ESCAPES'", "'PIPES_AS_CONCAT'", "'ORACLE'", "'ANSI'", "'STRICT_TRANS_TABLES'",
             "DEFAULT", "'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'", "CONCAT(@@sql_mode, ',IGNORE_SPACE')", "'NOSUCH'"],
    "zone": ["'+05:30'", "'-03:00'", "DEFAULT", "'SYSTEM'", "'Nowhere'"],
    "scope": ["", "SESSION ", "LOCAL ", "@@", "@@session.", "@@local."],
    "c": ["/* c */", "/*x*/ -- y\n", "# z\n", "/**/"],
}

THEMES = {
    "reads": [
        "{read}", "{read}", "{read}", "SELECT CAST('x{n}' AS UNSIGNED)", "SELECT 1/0, {n}", "SELECT nosuch FROM t", "SELECT * FROM nosuch",
        "SELECT SQL_CALC_FOUND_ROWS id FROM t ORDER BY id LIMIT 1", "SELECT 'a' || 'b', \"a\" = 'a'", "SELECT LENGTH('a\\\\b')",
        "SELECT FROM_UNIXTIME(86400)", "SELECT GROUP_CONCAT(id ORDER BY id) FROM t", "TABLE u", "VALUES (1), (2)",
        "(SELECT id FROM t WHERE id < 3) UNION (SELECT id FROM u) ORDER BY 1", "WITH c AS (SELECT id FROM t) SELECT COUNT(*) FROM c",
        "SELECT t.id, u.v FROM t LEFT JOIN u ON u.id = t.id ORDER BY t.id", "SELECT {c} id FROM {c} t WHERE id = {n}",
        "SELECT 1 /*! + 1 */", "SELECT 1 /*!50000 + {n} */", "SELECT 1 /*!99999 + 1 */", "SELECT 1 /*M! + 1 */", "SELECT 1 /*M!100100 + 1 */",
        "SELECT /*+ MAX_EXECUTION_TIME(60000) */ COUNT(*) FROM t", "SELECT (1", "SELECT 'open", "SELECT f_twice({n})", "SELECT f_read()",
        "SELECT id FROM t WHERE id = {n} FOR UPDATE", "SELECT id FROM t /*! FOR UPDATE */", "SELECT id FROM u LOCK IN SHARE MODE",
        "EXPLAIN SELECT id FROM t WHERE id = 1", "DESCRIBE t", "SHOW COLUMNS FROM u", "SELECT CONCAT(name, '!') FROM t WHERE id = 1",
        "SELECT v FROM u WHERE id = 1 AND v = 'eins'", "SELECT 18446744073709551615 + 0.5", "SELECT DATE_ADD('2024-13-01', INTERVAL 1 DAY)",
    ],
    "writes": [
        "{write}", "{write}", "{write}", "INSERT INTO t (name) VALUES ('a'), ('b')", "INSERT IGNORE INTO u VALUES (1, 'again')",
        "INSERT INTO u VALUES (1, 'one') ON DUPLICATE KEY UPDATE v = 'changed'", "INSERT INTO t (name, n) SELECT v, id FROM u",
        "UPDATE t SET name = REPEAT('x', 100) WHERE id = 1", "UPDATE IGNORE t SET name = REPEAT('x', 100) WHERE id = 2",
        "INSERT INTO t (id, name) VALUES (NULL, 'n{n}')", "INSERT INTO nosuch VALUES (1)", "UPDATE t SET n = 'x' WHERE id = 1",
        "INSERT INTO t (id, n) VALUES (LAST_INSERT_ID() + 50, {n})", "UPDATE t SET n = LAST_INSERT_ID(n + 1) WHERE id = {n}",
        "INSERT INTO tr (n) VALUES ({n})", "INSERT INTO t (name) VALUES ('r') RETURNING id, name", "DELETE FROM u LIMIT 1",
        "TRUNCATE TABLE u", "SELECT LAST_INSERT_ID({n})", "SET last_insert_id = {n}", "SET insert_id = 5{n}", "SET STATEMENT sql_mode = '' FOR {write}",
    ],
    "transactions": [
        "BEGIN", "START TRANSACTION", "START TRANSACTION", "START TRANSACTION READ ONLY", "START TRANSACTION READ ONLY", "START TRANSACTION READ WRITE",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", "START {c} TRANSACTION {c} READ ONLY",
        "COMMIT", "COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "COMMIT AND NO CHAIN NO RELEASE", "COMMIT RELEASE", "{write}",
        "SAVEPOINT {s}", "ROLLBACK TO {s}", "RELEASE SAVEPOINT {s}", "{read}", "{read}", "{write}",
        "SET TRANSACTION READ ONLY", "SET TRANSACTION ISOLATION LEVEL {isolation}", "SET TRANSACTION READ WRITE",
        "SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE", "SET SESSION TRANSACTION ISOLATION LEVEL {isolation}",
        "SET completion_type = 'CHAIN'", "SET completion_type = 0", "SET @@tx_read_only = 1", "SET SESSION tx_read_only = 0",
        "SET SESSION transaction_read_only = {on}", "SET transaction_read_only = 0", "BEGIN NOT ATOMIC SELECT 1; SELECT COUNT(*) FROM t; END",
        "BEGIN NOT ATOMIC INSERT INTO t (name) VALUES ('compound'); END", "IF 1 THEN SELECT id FROM t WHERE id = 1; END IF",
    ],
    "autocommit": [
        "SET {scope}autocommit = {off}", "SET {scope}autocommit = {on}", "SET autocommit = 0", "SET autocommit = 1", "SET @x = 1, autocommit = 0",
        "SET autocommit = 0, sql_mode = DEFAULT", "SET /*!50000 autocommit = 0, */ @x = 1", "SET autocommit = 7", "{read}", "{write}", "COMMIT",
        "ROLLBACK", "SET @z = 0", "SET autocommit = @z", "SET autocommit = (SELECT 0)", "CALL p_commit()", "SET SESSION TRANSACTION READ ONLY",
        "SET SESSION TRANSACTION READ WRITE", "START TRANSACTION",
    ],
    "ddl": [
        "CREATE TABLE {d} (a INT) ENGINE=InnoDB", "CREATE TABLE IF NOT EXISTS {d} AS SELECT id FROM t", "DROP TABLE IF EXISTS {d}", "DROP TABLE {d}",
        "ALTER TABLE {d} ADD COLUMN b INT", "RENAME TABLE d1 TO d2", "TRUNCATE {d}", "INSERT INTO {d} (a) VALUES ({n})", "SELECT COUNT(*) FROM {d}",
        "CREATE INDEX i ON {d} (a)", "ANALYZE TABLE t", "BEGIN", "{write}", "ROLLBACK", "CREATE OR REPLACE VIEW v AS SELECT id, UPPER(name) AS loud FROM t",
        "CREATE TABLE t (a INT)", "CHECK TABLE u", "OPTIMIZE TABLE u", "FLUSH TABLES u",
    ],
    "sequences": [
        "SELECT NEXTVAL({q})", "SELECT NEXTVAL({q})", "SELECT NEXT VALUE FOR {q}", "SELECT LASTVAL({q})", "SELECT LASTVAL({q})", "SELECT PREVIOUS VALUE FOR {q}",
        "INSERT INTO t (name, n) VALUES ('drawn', NEXTVAL({q}))", "UPDATE t SET n = LASTVAL({q}) WHERE id = {n}", "UPDATE t SET n = NEXT VALUE FOR {q}", "SELECT SETVAL(sq1, 5{n})",
        "SELECT id, LASTVAL(test.{q}) FROM test.t ORDER BY id", "SELECT NEXTVAL(`{q}`), LASTVAL({q})", "{read}", "{write}", "{write}",
    ],
    "xa": [
        "XA START 'x_RUN'", "XA START 'x_RUN'", "XA END 'x_RUN'", "XA END 'x_RUN'", "XA PREPARE 'x_RUN'", "XA COMMIT 'x_RUN'", "XA ROLLBACK 'x_RUN'",
        "XA COMMIT 'x_RUN' ONE PHASE", "XA BEGIN 'y_RUN'", "XA END 'y_RUN'", "XA ROLLBACK 'y_RUN'", "{write}", "{read}", "COMMIT", "BEGIN",
    ],
    # No RENAME TABLE: MariaDB 10.11 writes it to the binary log for a temporary table, too, and its replicas stop.
    "temporary": [
        "CREATE TEMPORARY TABLE {new} (a INT)", "CREATE TEMPORARY TABLE {new} AS SELECT id AS a FROM t", "CREATE TEMPORARY TABLE IF NOT EXISTS {new} (a INT)",
        "CREATE OR REPLACE TEMPORARY TABLE {new} (a INT)", "CREATE /*!50000 TEMPORARY */ TABLE {new} (a INT)", "CREATE TEMPORARY TABLE {new} LIKE u",
        "INSERT INTO {new} (a) VALUES ({n})", "SELECT COUNT(*) FROM {new}", "SELECT * FROM {tmp} ORDER BY 1", "SELECT * FROM {tmp} ORDER BY 1",
        "DROP TEMPORARY TABLE {new}", "DROP TEMPORARY TABLE IF EXISTS tmp1, tmp2, u", "DROP TABLE {new}", "DROP TABLE IF EXISTS tmp1, tmp2",
        "ALTER TABLE {new} RENAME TO tmp2", "TRUNCATE TABLE {new}", "ALTER TABLE {new} ADD COLUMN b INT",
        "CALL p_tmp()", "BEGIN", "ROLLBACK", "{read}", "SHOW CREATE TABLE {new}",
    ],
    "locks": [
        "LOCK TABLES t READ", "LOCK TABLES t WRITE, u READ", "LOCK TABLES t AS k READ", "LOCK TABLE nosuch READ", "UNLOCK TABLES", "UNLOCK TABLES",
        "SELECT GET_LOCK('{l}', 0)", "SELECT GET_LOCK('{l}', 0)", "DO GET_LOCK('{l}', 0)", "SELECT RELEASE_LOCK('{l}')", "SELECT RELEASE_LOCK('{l}')",
        "DO RELEASE_LOCK('{l}')", "SELECT RELEASE_ALL_LOCKS()", "SELECT IS_FREE_LOCK('{l}')", "SELECT IS_USED_LOCK('{l}') = CONNECTION_ID()",
        "SELECT COUNT(*) FROM t WHERE GET_LOCK('{l}', 0) = 1", "SELECT GET_LOCK(NULL, 0)", "{read}", "{read}", "{write}", "BEGIN", "CALL p_lock('l3_RUN')",
        "SELECT IS_FREE_LOCK('l3_RUN'), RELEASE_LOCK('l3_RUN')",
    ],
    "handlers": [
        "HANDLER t OPEN", "HANDLER t OPEN AS h", "HANDLER t READ FIRST", "HANDLER t READ NEXT", "HANDLER h READ FIRST", "HANDLER t READ `PRIMARY` = (2)",
        "HANDLER t CLOSE", "HANDLER h CLOSE", "{read}", "{write}",
    ],
    "variables": [
        "SET {vw} = {x}", "SET {vw} = {const}", "SET @a = 1, @b = 'two'", "SET @a = @a + 1", "SELECT {vw} := {x}", "SELECT {vw} := id FROM t ORDER BY id",
        "SELECT id INTO {vw} FROM t WHERE id = {n}", "SELECT id, name INTO @a, @b FROM t ORDER BY id LIMIT 1", "SELECT COUNT(*) FROM t INTO {vw}",
        "SELECT id FROM t WHERE id > {v} ORDER BY id", "SELECT name FROM t WHERE id = @a", "UPDATE t SET n = (@a := id) WHERE id = {n}",
        "INSERT INTO t (n) VALUES (@b := {n})", "DELETE FROM t WHERE id = @a", "CALL p_out({n}, {vw})", "CALL p_var()", "SELECT f_var({n})",
        "SELECT (SELECT @b := {n}), {n}", "SET @a = (SELECT COUNT(*) FROM t)", "DO @a := {n}", "SELECT @a, @b, @c", "SELECT @a, COUNT(*) FROM t", "SET @c = 'é'",
        "SELECT COLLATION(@c), LENGTH(@c), HEX(@c)", "SET @`odd name` = 5", "SELECT @`odd name`, @'odd name'", "SET @b = NULL", "SET @A = 'case'",
        "SELECT HEX(@b := x'00FF'), @b IS NULL", "SELECT /*! @a := */ {n}", "SELECT 5 /*! INTO @b */", "LOAD DATA LOCAL INFILE 'rows' INTO TABLE u (id, @c) SET v = @c",
    ],
    "settings": [
        "SET {scope}sql_mode = {mode}", "SET sql_mode = {mode}", "SET SESSION sql_mode = {mode}, time_zone = {zone}", "SET {scope}time_zone = {zone}",
        "SET NAMES latin1", "SET NAMES utf8mb4", "SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET NAMES DEFAULT", "SET CHARACTER SET latin1", "SET CHARSET DEFAULT",
        "SET NAMES nosuch", "SET collation_connection = utf8mb4_bin", "SET character_set_results = NULL", "SET group_concat_max_len = 4",
        "SET {scope}group_concat_max_len = DEFAULT", "SET sql_select_limit = {n}", "SET {scope}sql_select_limit = DEFAULT", "SET div_precision_increment = 8",
        "SET lc_time_names = 'de_DE'", "SET ROLE r1", "SET ROLE NONE", "SET ROLE nosuch", "SET timestamp = 1700000000", "SET timestamp = DEFAULT", "SET sql_safe_updates = 1",
        "SET foreign_key_checks = 0, unique_checks = 0", "SET max_sort_length = 4", "SET sql_big_selects = 1, sql_mode = 'NOSUCH'", "SET sql_auto_is_null = 1", "SET sql_warnings = 1",
        "SET @@sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')", "SET time_zone = @tz", "SET @tz = '+01:00'", "SET SESSION max_statement_time = 10",
        "CALL p_zone()", "CALL p_mode()", "CALL p_names()", "USE app2", "USE test", "USE nosuch", "SET STATEMENT time_zone = '+02:00' FOR SELECT FROM_UNIXTIME(86400)",
        "SET /*!50000 SESSION */ time_zone = '+04:00'", "SET @@time_zone := '+07:00'", "SET default_week_format = 3", "SET sql_quote_show_create = 0",
        "SET NAMES latin1, sql_mode = {mode}", "SET time_zone = {zone}, NAMES utf8mb4", "SET NAMES utf8mb4, character_set_results = NULL",
        "SET collation_connection = latin1_bin, character_set_connection = utf8mb4", "SET sql_select_limit = {n}, NAMES nosuch",
        "SET auto_increment_increment = {n}", "SET SESSION auto_increment_offset = {n}", "SET {scope}auto_increment_increment = DEFAULT",
        "SET auto_increment_increment = 10, auto_increment_offset = 3", "SET wait_timeout = 2000{n}", "SET SESSION wait_timeout = 3000 + 1, sql_warnings = 1",
        "SELECT @@auto_increment_increment, @@auto_increment_offset, @@wait_timeout", "INSERT INTO t (name) VALUES ('counted'), ('on')",
        "SELECT /*+ SET_VAR(sort_buffer_size = 100000) */ id FROM t ORDER BY id", "SET STATEMENT time_zone = '+03:00' FOR SELECT COUNT(*) FROM t",
        "SELECT 'a' || 'b', FROM_UNIXTIME(86400), NOW() = FROM_UNIXTIME(1700000000)", "SELECT HEX('é'), CHARSET('é'), COLLATION('x')", "SELECT 1/3, WEEK('2024-12-31'), MONTHNAME('2024-05-01')",
        "SELECT DATABASE(), CURRENT_ROLE()", "SELECT \"name\" FROM t WHERE id = 1", "SELECT LENGTH('a\\n')", "SELECT 'a\\' AS b, ' AS c", "SELECT * FROM t ORDER BY id",
        "SELECT GROUP_CONCAT(name ORDER BY id) FROM test.t", "SELECT id FROM test.t WHERE id IS NULL", "SELECT COUNT (*) FROM test.t", "SELECT MAX(name) FROM test.t WHERE name > 'é'",
    ],
    "prepared": [
        "PREPARE {p} FROM {'read}", "PREPARE {p} FROM {'write}", "PREPARE {p} FROM 'SELECT ? + 1'", "PREPARE {p} FROM 'SELECT @a := ?'", "SET @t = {'read}", "PREPARE {p} FROM @t",
        "PREPARE {p} FROM 'CREATE TEMPORARY TABLE tmp1 (a INT)'", "PREPARE {p} FROM 'SET autocommit = 0'", "PREPARE {p} FROM 'nonsense'", "EXECUTE {p}", "EXECUTE {p}", "EXECUTE {p}",
        "EXECUTE {p} USING @a", "EXECUTE {p} USING {n}", "DEALLOCATE PREPARE {p}", "DROP PREPARE {p}", "EXECUTE IMMEDIATE {'read}", "EXECUTE IMMEDIATE {'write}",
        "EXECUTE IMMEDIATE 'SET @a = {n}'", "EXECUTE IMMEDIATE 'SET time_zone = ''+06:00'''", "EXECUTE IMMEDIATE 'START TRANSACTION'", "EXECUTE IMMEDIATE 'SELECT ?' USING {n}",
        "EXECUTE IMMEDIATE CONCAT('SELECT ', {n})", "EXECUTE IMMEDIATE 'SET @b = FOUND_ROWS()'", "EXECUTE IMMEDIATE 'SELECT ROW_COUNT()'", "SELECT FROM_UNIXTIME(86400)", "{read}", "SET @a = {n}", "COMMIT",
    ],
    "routines": [
        "CALL p_two()", "CALL p_out({n}, @a)", "CALL p_in()", "CALL p_trx()", "CALL p_tmp()", "CALL p_zone()", "CALL p_var()", "CALL p_signal()", "CALL p_warn()", "CALL nosuch()",
        "CALL {c} p_in()", "SELECT f_write({n})", "SELECT f_var({n})", "SELECT f_twice({n}), f_read()", "DO f_write({n})", "SELECT id, f_write(id) FROM u", "SELECT * FROM v_write",
        "SET @a = f_write({n})", "SELECT test.f_write({n})", "SELECT 1 /*!50000 , f_write({n}) */", "COMMIT", "{read}", "SELECT FROM_UNIXTIME(86400)", "DO 1", "DO nosuch()",
    ],
    "several": [
        "{read}; {read}", "{write}; {read}", "{read}; {write}; {read}", "SELECT 1; nonsense; SELECT 2", "SET @a = {n}; SELECT @a", "SET time_zone = '+05:00'; SELECT FROM_UNIXTIME(86400)",
        "BEGIN; {write}; COMMIT", "BEGIN; {write}", "SELECT 1; SET autocommit = 0", "CREATE TEMPORARY TABLE tmp1 (a INT); INSERT INTO tmp1 VALUES (1)", "SELECT CAST('x' AS UNSIGNED); SELECT 1",
        "SELECT 1; SELECT CAST('x' AS UNSIGNED)", "SELECT 1;", "SELECT 1; ;", ";", "DO 1; CALL p_two(); SELECT 2", "SELECT GET_LOCK('{l}', 0); SELECT 1", "USE app2; SELECT DATABASE()", "USE test",
        "ROLLBACK; {read}", "SELECT @a; SELECT @b", "SELECT nosuch; {write}", "START TRANSACTION READ ONLY; {read}", "START TRANSACTION READ ONLY; {read}; COMMIT", "SET sql_mode = 'ANSI_QUOTES'; SELECT \"id\" FROM t LIMIT 1",
    ],
    "diagnostics": [
        "SELECT CAST('x{n}' AS UNSIGNED)", "SELECT 1/0", "SELECT nosuch", "INSERT INTO u VALUES (1, 'dup')", "INSERT IGNORE INTO u VALUES (1, 'dup')", "UPDATE t SET n = n + 1", "SELECT id FROM t ORDER BY id LIMIT 2",
        "SELECT SQL_CALC_FOUND_ROWS id FROM t LIMIT 1", "DROP TABLE IF EXISTS nosuch", "CALL p_warn()", "CALL p_signal()", "SIGNAL SQLSTATE '01000'", "SET @a = CAST('x' AS UNSIGNED)", "SELECT SQL_CALC_FOUND_ROWS * FROM u LIMIT 0",
        "SHOW WARNINGS", "SHOW ERRORS", "SHOW COUNT(*) WARNINGS", "SHOW COUNT(*) ERRORS", "SHOW WARNINGS LIMIT 1", "SELECT @@warning_count, @@error_count", "SELECT FOUND_ROWS()", "SELECT ROW_COUNT()",
        "GET DIAGNOSTICS @a = NUMBER, @b = ROW_COUNT", "GET DIAGNOSTICS CONDITION 1 @c = MESSAGE_TEXT, @a = MYSQL_ERRNO", "SELECT FOUND_ROWS(), ROW_COUNT()", "SELECT COUNT(*), FOUND_ROWS() FROM t", "SET max_error_count = 0",
        "SET max_error_count = DEFAULT", "SHOW {c} WARNINGS", "SET sql_notes = 0",
        "SET @a = ROW_COUNT()", "SET @b = FOUND_ROWS()", "SET @c = @@warning_count", "INSERT INTO t (name, n) VALUES ('counted', FOUND_ROWS())",
        "UPDATE t SET n = ROW_COUNT() WHERE id = {n}", "INSERT INTO t (n) VALUES (@@session.error_count)", "DO ROW_COUNT()", "CALL p_out(FOUND_ROWS(), @c)",
        "SELECT id, ROW_COUNT() FROM t ORDER BY id LIMIT 2",
    ],
}

ASKS = [
    "SELECT @a, @b, @c", "SELECT LAST_INSERT_ID()", "SELECT LAST_INSERT_ID(), COUNT(*) FROM test.t", "SELECT ROW_COUNT()", "SELECT FOUND_ROWS()", "SHOW WARNINGS", "SHOW COUNT(*) WARNINGS",
    "SELECT @@autocommit, @@sql_mode, @@time_zone", "SELECT @@in_transaction", "SELECT @@tx_isolation, @@tx_read_only", "SELECT @@transaction_isolation, @@transaction_read_only",
    "SELECT @@identity, @@last_insert_id", "SELECT IS_FREE_LOCK('l1_RUN'), IS_FREE_LOCK('l2_RUN')", "SELECT * FROM test.t ORDER BY id", "SELECT * FROM test.t ORDER BY id", "SELECT COUNT(*) FROM test.u",
    "SELECT * FROM u ORDER BY id", "SELECT 'a' || 'b'", "SELECT FROM_UNIXTIME(86400), COLLATION('x')", "SELECT DATABASE()", "SELECT COUNT(*) FROM tmp1", "SELECT @@session.sql_select_limit, @@character_set_client",
    "SHOW VARIABLES LIKE 'sql_mode'", "SHOW TABLES", "SELECT CURRENT_ROLE()", "SELECT 1", "SELECT {n}", "SELECT name FROM test.t WHERE id = {n}",
]

READS = ["{read}", "SELECT {n}", "SELECT id, name FROM test.t ORDER BY id", "SELECT COUNT(*) FROM test.u", "SELECT v FROM test.u WHERE id = {n}"]

# The end of every sequence: whatever is still different shows here.
LAST = ["SELECT LAST_INSERT_ID()", "SELECT @a, @b, @c", "SELECT 'a' || 'b', FROM_UNIXTIME(86400), COLLATION('x')", "SELECT @@autocommit, @@sql_mode, @@time_zone, @@character_set_client, @@collation_connection",
        "ROLLBACK", "SELECT * FROM test.t ORDER BY id", "SELECT * FROM test.u ORDER BY id"]

# (text, how many parameters)
BINARY = [
    ("SELECT id, name FROM t WHERE id = ?", 1), ("SELECT id, name FROM t WHERE id = ?", 1), ("SELECT ?, ? + 1", 2), ("INSERT INTO t (name, n) VALUES ('b', ?)", 1), ("UPDATE t SET n = n + ? WHERE id = ?", 2),
    ("DELETE FROM t WHERE id = ?", 1), ("SELECT COUNT(*) FROM t", 0), ("SELECT COUNT(*) FROM t FOR UPDATE", 0), ("SELECT @a := ?", 1), ("SET @b = ?", 1), ("SELECT @a, @b", 0), ("SELECT LAST_INSERT_ID()", 0),
    ("CALL p_out(?, @c)", 1), ("CALL p_two()", 0), ("SELECT ROW_COUNT()", 0), ("SELECT FOUND_ROWS()", 0), ("INSERT INTO t (n) VALUES (FOUND_ROWS() + ?)", 1), ("SET @b = ROW_COUNT()", 0), ("SELECT GET_LOCK('l1_RUN', ?)", 1), ("CREATE TEMPORARY TABLE tmp1 (a INT)", 0), ("SELECT COUNT(*) FROM tmp1", 0),
    ("COMMIT", 0), ("SET autocommit = 0", 0), ("SET time_zone = '+09:00'", 0), ("SELECT FROM_UNIXTIME(?)", 1), ("SELECT f_write(?)", 1), ("SELECT nosuch", 0), ("SHOW WARNINGS", 0), ("SELECT CAST(? AS UNSIGNED)", 1),
    ("SELECT * FROM u ORDER BY id", 0), ("TRUNCATE TABLE u", 0), ("SELECT 1; SELECT 2", 0), ("INSERT INTO t (name) VALUES ('r') RETURNING id", 0), ("SELECT id INTO @a FROM t WHERE id = ?", 1),
]

COMMANDS = [("command", w.PING, b""), ("command", w.INIT_DB, b"app2"), ("command", w.INIT_DB, b"test"), ("command", w.INIT_DB, b"nosuch"), ("command", w.RESET_CONNECTION, b""),
            ("command", w.SET_OPTION, w.int2(0)), ("command", w.SET_OPTION, w.int2(1)), ("command", w.FIELD_LIST, b"t\0")]


def sequence(seed, length=25):
    """The statements of this seed, `length` of them and then LAST."""
    return Maker(random.Random(seed)).sequence(length)


class Maker:
    """What one session says, as its chances have it."""

    def __init__(self, chance):
        self.chance = chance
        self.prepared = {}   # name: how many parameters

    def sequence(self, length):
        themes = self.chance.sample(sorted(THEMES), self.chance.choice((1, 2, 2, 3, 3, 4)))
        binary = self.chance.random() < 0.4
        # Half of them do little else than read: one change, and many reads on replicas to show what it did.
        share_of_themes = self.chance.choice((0.12, 0.5))
        return [self.one(themes, binary, share_of_themes) for _ in range(length)] + LAST

    def one(self, themes, binary, share_of_themes):
        """A statement or command: of one of the themes, else a question or a read. (binary: of the binary protocol as well.)"""
        dice = self.chance.random()
        if dice < share_of_themes:
            return self.cased(self.text(self.chance.choice(THEMES[self.chance.choice(themes)])))
        if dice > 0.98:
            return self.chance.choice(COMMANDS)
        if binary and self.chance.random() < 0.3:
            return self.binary()
        return self.cased(self.text(self.chance.choice(self.chance.choice((ASKS, READS, THEMES["reads"])))))

    def text(self, template):
        """A template with its words replaced."""
        def word(match):
            found = self.text(self.chance.choice(WORDS[match[2]]))
            return "'" + found.replace("'", "''") + "'" if match[1] else found
        return re.sub(r"\{('?)(\w+)\}", word, template)

    def cased(self, sql):
        """Now and then without capitals, or with white space around: the same statement. (Of quoted text too.)"""
        dice = self.chance.random()
        return sql.lower().replace("_run", "_RUN") if dice < 0.05 else f"  {sql}\n" if dice < 0.1 else sql

    def binary(self):
        """PREPARE, EXECUTE or CLOSE of the binary protocol."""
        if not self.prepared or self.chance.random() < 0.3:
            name, (sql, count) = self.chance.choice("klm"), self.chance.choice(BINARY)
            self.prepared[name] = count
            return ("prepare", name, sql)
        name = self.chance.choice(sorted(self.prepared))
        if self.chance.random() < 0.1:
            return ("close", name)
        values = [self.chance.choice((0, 1, 2, 3, None, b"2", b"x")) for _ in range(self.prepared[name])]
        return ("execute", name, values)
