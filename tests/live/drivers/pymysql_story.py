"""The story with PyMySQL, which has no prepared statements: parameters go into the text."""

import datetime
import decimal
import hashlib
import json
import sys
import time

import pymysql

COLUMNS = ("i8 TINYINT, u64 BIGINT UNSIGNED, i32 INT, f FLOAT, d DOUBLE, de DECIMAL(20,5), day DATE, moment DATETIME(6), "
           "clock TIME, yr YEAR, c CHAR(5), vc VARCHAR(50), vb VARBINARY(20), tx TEXT, en ENUM('a','b'), b BIT(9)")
VALUES = (-128, 18446744073709551615, 42, 1.5, -2.25e100, decimal.Decimal("12345.67890"), "2024-02-29",
          "2024-02-29 23:59:59.123456", "-12:34:56", 2024, "abc", "😀 ünï", b"\x00\xff\x27\x5c", "long" * 100, "b", b"\x01\x01")

story = []


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (datetime.date, datetime.datetime, datetime.timedelta, decimal.Decimal)):
        return str(value)
    return value


def tell(step, *seen):
    story.append([step, *[[[plain(v) for v in row] for row in s] if isinstance(s, (list, tuple)) else s for s in seen]])


class Story:
    def __init__(self, host, port, user, password, schema):
        self.place = dict(host=host, port=int(port), user=user, password=password, database=schema)
        self.mark = time.time_ns()
        self.connect()

    def connect(self):
        self.db = pymysql.connect(**self.place, charset="utf8mb4", autocommit=True, connect_timeout=20,
                                  client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)

    def run(self, sql, *parameters):
        with self.db.cursor() as cursor:
            affected = cursor.execute(sql, parameters or None)
            columns = [[d[0], d[1], d[5], d[6]] for d in cursor.description or []]
            return affected, columns, list(cursor.fetchall()), cursor.lastrowid

    def settle(self):
        self.mark += 1
        self.run("INSERT INTO story_marks VALUES (%s)", self.mark)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if self.run("SELECT COUNT(*) FROM story_marks WHERE n = %s", self.mark)[2][0][0]:
                    return
            except pymysql.MySQLError:
                pass
        raise TimeoutError("the mark was not seen")

    def error(self, sql):
        try:
            self.run(sql)
            return "none"
        except pymysql.MySQLError as error:
            return f"{type(error).__name__} {error.args[0]} {error.args[1]}"

    def tell_all(self):
        tell("connect", self.run("SELECT 1")[2])
        self.run("DROP TABLE IF EXISTS story, story_marks")
        self.run("CREATE TABLE story_marks (n BIGINT)")
        tell("create", self.run(f"CREATE TABLE story (id INT AUTO_INCREMENT PRIMARY KEY, {COLUMNS}, bl LONGBLOB)")[0])
        names = ", ".join(part.split()[0] for part in COLUMNS.split(", "))
        inserted = self.run(f"INSERT INTO story ({names}) VALUES ({', '.join(['%s'] * len(VALUES))})", *VALUES)
        tell("insert", inserted[0], inserted[3])
        self.settle()
        seen = self.run("SELECT * FROM story")
        tell("select", seen[1], seen[2])
        self.db.begin()
        self.run("INSERT INTO story (vc) VALUES ('rolled back')")
        inside = self.run("SELECT COUNT(*) FROM story")[2]
        self.db.rollback()
        tell("rollback", inside, self.run("SELECT COUNT(*) FROM story FOR UPDATE")[2])
        self.db.begin()
        self.run("INSERT INTO story (vc) VALUES ('committed')")
        self.db.commit()
        self.settle()
        tell("commit", self.run("SELECT id, vc FROM story ORDER BY id")[2])
        tell("errors", *[self.error(sql) for sql in ("SELEKT", "SELECT * FROM nosuch", "INSERT INTO story (id) VALUES (1)",
                                                      "SELECT nosuch FROM story", "USE nosuch")])
        tell("emoji", self.run("SELECT vc, HEX(vc), '😀' = '😀' FROM story WHERE id = 1")[2])
        blob = bytes(range(256)) * (20 * 1024 * 1024 // 256)
        tell("blob in", self.run("UPDATE story SET bl = %s WHERE id = 1", blob)[0])
        self.settle()
        back = self.run("SELECT bl, SHA2(bl, 256) FROM story WHERE id = 1")[2][0]
        tell("blob out", len(back[0]), hashlib.md5(back[0]).hexdigest(), back[1])
        with self.db.cursor() as cursor:
            cursor.execute("SELECT 1 AS a; SELECT 2 AS b, 3 AS c; DO 4")
            results = [list(cursor.fetchall())]
            while cursor.nextset():
                results.append(list(cursor.fetchall()))
        tell("several", *results)
        self.run("SELECT CAST('x' AS UNSIGNED)")
        tell("warnings", self.run("SHOW WARNINGS")[2])
        self.db.ping()
        self.db.close()
        self.connect()
        self.settle()
        tell("again", self.run("SELECT COUNT(*), DATABASE() FROM story")[2])
        self.run("DROP TABLE story, story_marks")


Story(*sys.argv[1:6]).tell_all()
print(json.dumps(story))
