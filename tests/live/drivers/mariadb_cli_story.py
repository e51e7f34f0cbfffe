"""The story with the mariadb command line and mariadb-dump: what they print, and how they end."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HOST, PORT, USER, PASSWORD, SCHEMA = sys.argv[1:6]
LOGIN = [f"--host={HOST}", f"--port={PORT}", f"--user={USER}", f"--password={PASSWORD}", "--protocol=tcp"]
story = []

TABLES = """
DROP TABLE IF EXISTS story, story_marks;
CREATE TABLE story_marks (n BIGINT);
CREATE TABLE story (id INT AUTO_INCREMENT PRIMARY KEY, vc VARCHAR(50), n INT, d DECIMAL(10,2), day DATE, bl LONGBLOB);
DELIMITER //
CREATE OR REPLACE PROCEDURE story_two() BEGIN SELECT 1 AS a; SELECT id, vc FROM story ORDER BY id; END //
DELIMITER ;
INSERT INTO story (vc, n, d, day) VALUES ('one', 1, 1.5, '2024-02-29'), ('😀 ünï', NULL, -2.25, NULL);
"""
READS = """
SELECT 1;
SELECT * FROM story ORDER BY id;
SELECT id, HEX(vc) FROM story ORDER BY id\\G
SELECT CAST('x' AS UNSIGNED);
SHOW WARNINGS;
DESCRIBE story;
SHOW CREATE TABLE story\\G
USE app2
SELECT DATABASE();
"""
TRANSACTION = """
START TRANSACTION;
INSERT INTO story (vc) VALUES ('rolled back');
SELECT COUNT(*) FROM story;
ROLLBACK;
SELECT COUNT(*) FROM story FOR UPDATE;
CALL story_two();
"""
# The test has made the schema.
LATIN1_TABLES = """
USE bä
DROP TABLE IF EXISTS latin1_story;
CREATE TABLE latin1_story (id INT PRIMARY KEY, vc VARCHAR(20) CHARACTER SET utf8mb4);
INSERT INTO latin1_story VALUES (1, 'é');
"""
LATIN1_READS = """
SELECT DATABASE(), id, vc, HEX(vc) FROM latin1_story;
USE test
SELECT DATABASE(), COUNT(*) FROM story_marks WHERE n < 0;
USE bä
SELECT DATABASE(), id, vc, HEX(vc) FROM latin1_story;
SET NAMES utf8mb4;
SELECT DATABASE(), id, vc, HEX(vc) FROM latin1_story;
SELECT DATABASE(), id FROM latin1_story FOR UPDATE;
"""
ERRORS = "SELEKT;\nSELECT * FROM nosuch;\nINSERT INTO story (id) VALUES (1);\nSELECT 'still here';\nUSE nosuch\nSELECT 'here too';\n"


def run(step, sql, *options, program="mariadb", arguments=(SCHEMA,), charset="utf8mb4"):
    done = subprocess.run([program, *LOGIN, f"--default-character-set={charset}", *options, *arguments],
                          input=sql.encode("latin1" if charset == "latin1" else "utf8"),
                          capture_output=True, timeout=60, check=False)
    out = done.stdout.decode(errors="backslashreplace")
    out = re.sub(r"-- (Host|Server version|Dump completed|MariaDB dump|MySQL dump).*", "", out)
    story.append([step, done.returncode, out, done.stderr.decode(errors="backslashreplace")])
    return done.returncode, out


def settle():
    """Every process here is a session of its own, and may be served by another replica: all of them must be there."""
    mark = time.time_ns()
    quiet = ["mariadb", f"--user={USER}", f"--password={PASSWORD}", "--protocol=tcp", "-N", "-B", SCHEMA]
    subprocess.run([*quiet, f"--host={HOST}", f"--port={PORT}", "-e", f"INSERT INTO story_marks VALUES ({mark})"], check=True)
    deadline = time.monotonic() + 20
    for node in os.environ["STORY_NODES"].split():
        host, _, port = node.partition(":")
        ask = [*quiet, f"--host={host}", f"--port={port}", "-e", f"SELECT COUNT(*) FROM story_marks WHERE n = {mark}"]
        while subprocess.run(ask, capture_output=True, check=False).stdout.strip() != b"1":
            assert time.monotonic() < deadline, "the mark was not seen"


run("tables", TABLES)
settle()
run("tables in latin1", LATIN1_TABLES, charset="latin1")
settle()
run("reads in latin1", LATIN1_READS, "--batch", arguments=(b"b\xe4",), charset="latin1")
run("reads", READS, "--batch")
run("reads as tables with types", READS, "--table", "--column-type-info")
run("reads unbuffered", READS, "--quick", "--batch")
run("reads as XML", "SELECT * FROM story ORDER BY id;", "--xml")
run("transaction", TRANSACTION, "--batch")
run("errors", ERRORS, "--force", "--batch")
run("error ends it", ERRORS, "--batch")
run("show warnings", "SELECT CAST('y' AS UNSIGNED);", "--show-warnings", "--table")
with tempfile.NamedTemporaryFile("wb", suffix=".csv", delete=False) as f:
    for n in range(1000):
        f.write(b"%d,loaded %d\n" % (1000 + n, n))
try:
    code, out = run("load data", f"LOAD DATA LOCAL INFILE '{f.name}' INTO TABLE story FIELDS TERMINATED BY ',' (id, vc);\n"
                    "SELECT COUNT(*), MAX(id), MAX(vc) FROM story FOR UPDATE;", "--local-infile", "--batch")
    story[-1][2:] = [part.replace(f.name, "FILE") for part in story[-1][2:]]
finally:
    os.unlink(f.name)
run("no load data", "LOAD DATA LOCAL INFILE '/nosuch' INTO TABLE story;", "--local-infile", "--batch")
run("not allowed to load data", "LOAD DATA LOCAL INFILE '/nosuch' INTO TABLE story;", "--local-infile=0", "--batch")
run("blob", "UPDATE story SET bl = REPEAT('blob', 5 * 1024 * 1024) WHERE id = 1;\n"
    "SELECT LENGTH(bl), SHA2(bl, 256) FROM story WHERE id = 1 FOR UPDATE;", "--batch", "--max-allowed-packet=64M")
run("big statement", "SELECT LENGTH('" + "x" * (18 << 20) + "'), 1;", "--batch", "--max-allowed-packet=64M")
run("wrong password", "SELECT 1;", "--password=wrong")
story[-1][3] = re.sub(r"'@'[^']*'", "'@'host'", story[-1][3])
run("no such schema", "SELECT 1;", arguments=("nosuch",))
settle()
run("dump", "", "--single-transaction", "--no-tablespaces", "--max-allowed-packet=64M", "--skip-comments", program="mariadb-dump",
    arguments=(SCHEMA, "story", "--where=id<5", "--ignore-table-data=x.y"))
run("the end", "DROP PROCEDURE story_two; DROP TABLE story, story_marks; SELECT 'gone';")
for entry in story:
    if len(entry[2]) > 100000:
        entry[2] = [len(entry[2]), hashlib.md5(entry[2].encode()).hexdigest()]
print(json.dumps(story))
