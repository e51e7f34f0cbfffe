"""What the statements of test_harmless_reads need: tables they can run on, arguments for every function, queries of a grammar."""

import random
import re

SCHEMAS = ("db", "mysqlx")
COLUMNS = ("id INT PRIMARY KEY, a VARCHAR(40), b VARCHAR(40), c VARCHAR(40), d DATE, x VARCHAR(80), p POINT, q POINT, value INT, next INT, "
           "`a``b` INT, `FOR UPDATE` INT, share INT, previous INT, query INT, mysql INT, sys INT, `into` INT, `lock` INT, `procedure` INT, `update` INT, rowcount INT, "
           "`1a` INT, `1c` INT, `$a` INT, `b$c$` INT, `$$` INT, `näme` INT")
ROW = ("(id, a, b, c, d, x, p, q, value) VALUES (1, '1', '{\"c\": 2}', 'x', '2024-02-29', '{\"a\": [{\"b\": 1}]}', POINT(1, 2), POINT(3, 4), 7), "
       "(2, '2', 'y', 'z', '2024-03-01', '[]', POINT(0, 0), POINT(1, 1), NULL)")
SMALL = {"test.u": "b", "test.v": "m", "test.w": "n"}   # and what their second column is called
ALL_TABLES = ("test.t", "test.u", "test.v", "test.`tä`", "test.`naïve`", "test.`2b`", "db.t", "mysqlx.t", "test.w")


def setup(family):
    """Statements for root on the primary."""
    for schema in SCHEMAS:
        yield f"CREATE DATABASE {schema}"
        yield f"GRANT ALL ON {schema}.* TO app@'%'"
    more = " WITH SYSTEM VERSIONING" if family == "mariadb" else ""
    for table in ALL_TABLES:
        if table in SMALL:
            part = " PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (2), PARTITION p1 VALUES LESS THAN MAXVALUE)"
            yield f"CREATE TABLE {table} (id INT PRIMARY KEY, {SMALL[table]} INT){part if table == 'test.w' else ''}"
            yield f"INSERT INTO {table} VALUES (1, 1), (2, 2)"
        else:
            keys = ", KEY i (a), KEY j (b), KEY k (c), FULLTEXT KEY ab (a, b)"
            yield f"CREATE TABLE {table} ({COLUMNS}{keys}){more if table == 'test.t' else ''}"
            yield f"INSERT INTO {table} {ROW}"
    yield "CREATE FUNCTION test.f_write(x INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO test.w VALUES (x + 100, x); RETURN x; END"
    yield "CREATE FUNCTION test.f_var(x INT) RETURNS INT DETERMINISTIC NO SQL BEGIN SET @side = x; RETURN x; END"
    if family == "mariadb":
        yield "CREATE SEQUENCE test.s"
        yield "INSTALL SONAME 'metadata_lock_info'"


# ---- rows of the tables of statements ----

def rows_of(path):
    """(statement as bytes, the other columns) of a .tsv of statements."""
    with open(path, "rb") as lines:
        for line in lines:
            line = line.rstrip(b"\n")
            if line.strip() and not line.startswith(b"#"):
                statement, *rest = line.split(b"\t")
                yield _unescaped(statement), [field.decode() for field in rest]


def routed_to_replicas(path, family):
    """The rows of routing.tsv that are one statement, without any state before it, and go to a replica."""
    with open(path, "rb") as lines:
        for line in lines:
            fields = [field.strip() for field in line.rstrip(b"\n").split(b"\t", 3)]
            if line.startswith(b"#") or len(fields) < 4 or fields[1] != b"replica" or b" ;; " in fields[3]:
                continue
            if fields[0].decode() in ("both", family) and not re.match(rb"[PMECK]:", fields[3]):
                sql = fields[3].replace(b"{id}", b"7").replace(b"{row}", b"7").replace(b"<LF>", b" ").replace(b"<TAB>", b"\t")
                if not re.search(rb"<(CR|NUL|x..|fill \d+)>", sql):
                    yield sql


def is_of(family, fields):
    """Is a row about this family with the sql_mode that the servers of a test have, and not about stored code, which they lack?"""
    dialect = set((fields[4] if len(fields) > 4 else "any").split("+"))
    other = {"mariadb": "mysql", "mysql": "mariadb"}[family]
    return not dialect & {other, "unknown", "oracle", "ansi", "nobackslash", "ignorespace", "stored"}


def _unescaped(statement):
    known = {b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
    return re.sub(rb"\\(x[0-9A-Fa-f]{2}|[nt0\\])",
                  lambda m: bytes([int(m[1][1:], 16)]) if m[1][:1] == b"x" else known[m[1]], statement)


# ---- functions ----

GENERAL = ["1", "2", "-3", "0", "'abc'", "'a,b'", "NULL", "1.5", "'2024-02-29'", "'10:11:12'", "'2024-02-29 10:11:12'", "x'C3A9'", "'é'", "10", "36", "id", "a", "d",
           "'1.2.3.4'", "'::1'", "'+00:00'", "'%Y-%m'", "256", "'6ccd780c-baba-1026-9564-5b8c656024db'"]
JSON = ["'{\"a\": [1, 2]}'", "'[1, 2, \"x\"]'", "'$.a'", "'$[0]'", "'1'", "'one'", "'x'", "1", "NULL", "'\"q\"'", "b"]
GEOMETRY = ["ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 4,0 0))')", "ST_GeomFromText('POINT(1 1)')", "ST_GeomFromText('LINESTRING(0 0,1 1,2 2)')", "p", "q", "1", "2", "5",
            "ST_GeomFromText('POLYGON((1 1,5 1,5 5,1 5,1 1),(2 2,3 2,3 3,2 3,2 2))')", "'POINT(1 1)'", "'{\"type\": \"Point\", \"coordinates\": [1, 2]}'",
            "ST_AsBinary(ST_GeomFromText('POINT(1 1)'))", "0", "4326", "ST_GeomFromText('MULTIPOINT(1 1,2 2)')", "'T*F**F***'", "'xkcd'",
            "ST_GeomFromText('POINT(1 1)', 4326)", "ST_GeomFromText('LINESTRING(0 0, 1 1)')",
            "ST_GeomFromText('LINESTRING(0 0, 1 0, 1 1, 0 0)')", "ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 0))')"]
POOLS = [("ST_", GEOMETRY), ("MBR", GEOMETRY), ("POLYGON", GEOMETRY), ("LINESTRING", GEOMETRY), ("MULTI", GEOMETRY), ("GEOMETRY", GEOMETRY), ("JSON_", JSON), ("", GENERAL)]

# Those with a syntax of their own.
OVER = "OVER (PARTITION BY value ORDER BY id)"
SPECIAL = {
    "ADDDATE": ["ADDDATE(d, INTERVAL 1 DAY)", "ADDDATE(d, 3)"], "SUBDATE": ["SUBDATE(d, INTERVAL 1 MONTH)", "SUBDATE(d, 3)"], "DATE_ADD": ["DATE_ADD(d, INTERVAL 1 DAY)"],
    "DATE_SUB": ["DATE_SUB(d, INTERVAL '1:1' MINUTE_SECOND)"], "CAST": ["CAST(a AS CHAR(10))", "CAST(a AS SIGNED)", "CAST('2024-01-01' AS DATE)", "CAST(a AS DECIMAL(5,2))"],
    "CONVERT": ["CONVERT(a USING latin1)", "CONVERT(a, CHAR(5))"], "EXTRACT": ["EXTRACT(YEAR FROM d)", "EXTRACT(DAY_HOUR FROM '2024-02-29 10:00:00')"],
    "POSITION": ["POSITION('x' IN c)"], "TRIM": ["TRIM(BOTH 'x' FROM c)", "TRIM(c)"], "GET_FORMAT": ["GET_FORMAT(DATE, 'EUR')"], "MATCH": ["MATCH (a, b) AGAINST ('x')"],
    "TIMESTAMPADD": ["TIMESTAMPADD(MINUTE, 5, d)"], "TIMESTAMPDIFF": ["TIMESTAMPDIFF(DAY, d, '2025-01-01')"], "NAME_CONST": ["NAME_CONST('n', 5)"],
    "COLUMN_ADD": ["HEX(COLUMN_ADD(COLUMN_CREATE('k', 1), 'l', 2))"], "COLUMN_GET": ["COLUMN_GET(COLUMN_CREATE('k', 1), 'k' AS CHAR(5))"], "COLUMN_CREATE": ["HEX(COLUMN_CREATE('k', 'v'))"],
    "COLUMN_CHECK": ["COLUMN_CHECK(COLUMN_CREATE('k', 1))"], "COLUMN_DELETE": ["HEX(COLUMN_DELETE(COLUMN_CREATE('k', 1), 'k'))"], "COLUMN_EXISTS": ["COLUMN_EXISTS(COLUMN_CREATE('k', 1), 'k')"],
    "COLUMN_JSON": ["COLUMN_JSON(COLUMN_CREATE('k', 1))"], "COLUMN_LIST": ["COLUMN_LIST(COLUMN_CREATE('k', 1))"],
    "JSON_TABLE": ["COUNT(*) FROM JSON_TABLE('[1,2]', '$[*]' COLUMNS (n INT PATH '$')) AS j"], "JSON_VALUE": ["JSON_VALUE('{\"a\": 1}', '$.a')"],
    "GROUPING": ["value, GROUPING(value) FROM t GROUP BY value WITH ROLLUP"], "GROUP_CONCAT": ["GROUP_CONCAT(DISTINCT a ORDER BY b SEPARATOR ';')"], "COUNT": ["COUNT(*)", "COUNT(DISTINCT a, b)"],
    "PERCENTILE_CONT": ["PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY id) OVER (PARTITION BY value)"], "PERCENTILE_DISC": ["PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY id) OVER (PARTITION BY value)"],
    "MEDIAN": [f"MEDIAN(id) OVER (PARTITION BY value)"], "VALUE": ["VALUE(a)", "VALUE(id)"], "WEIGHT_STRING": ["HEX(WEIGHT_STRING('ab' AS CHAR(4)))"],
    "CHAR": ["CHAR(65, 66 USING utf8mb4)"], "UPDATEXML": ["UPDATEXML('<a><b/></a>', '/a/b', '<c/>')"], "EXTRACTVALUE": ["EXTRACTVALUE('<a>1</a>', '/a')"], "ST_GEOMFROMGEOJSON": ["ST_ASTEXT(ST_GEOMFROMGEOJSON('{\"type\": \"Point\", \"coordinates\": [1, 2]}'))"],
    "ST_TRANSFORM": ["ST_ASTEXT(ST_TRANSFORM(ST_GEOMFROMTEXT('POINT(1 1)', 4326), 3857))"], "ST_LATITUDE": ["ST_LATITUDE(ST_GEOMFROMTEXT('POINT(1 1)', 4326))"], "ST_LONGITUDE": ["ST_LONGITUDE(ST_GEOMFROMTEXT('POINT(1 1)', 4326))"],
    **{name: [f"{name}() {OVER}"] for name in ("CUME_DIST", "DENSE_RANK", "PERCENT_RANK", "RANK", "ROW_NUMBER")},
    **{name: [f"{name}(id) {OVER}"] for name in ("FIRST_VALUE", "LAST_VALUE", "LAG", "LEAD")}, "NTILE": [f"NTILE(2) {OVER}"], "NTH_VALUE": [f"NTH_VALUE(id, 1) {OVER}"],
}


def pure_functions(path, family):
    """Names of the functions that the product's table calls harmless for this family."""
    with open(path, encoding="utf-8") as f:
        for name, families, effect in re.findall(r"^SQL_FUNCTION\((\w+), (\w+), (\w+),", f.read(), re.M):
            if effect == "PURE" and families in ("BOTH", family.upper()):
                yield name


def calls(name, chance):
    """Statements that call it, endlessly if it has no syntax of its own: the first that run are taken."""
    for call in SPECIAL.get(name, []):
        yield f"SELECT {call}" + ("" if " FROM t" in call or "JSON_TABLE" in call else " FROM t")
    if name in SPECIAL:
        return
    pool = next(pool for prefix, pool in POOLS if name.startswith(prefix))
    while True:
        for count in (1, 2, 0, 3, 4, 5):
            arguments = ", ".join(chance.choice(pool) for _ in range(count))
            yield f"SELECT {name}({arguments}) FROM t"


# ---- queries of a grammar: reads, and what makes them more than reads, in every place where it may stand ----

WORDS = {
    "query": ["{select}", "{select}", "{select}", "({select})", "{select} UNION {plain}", "({plain}) UNION ALL ({plain})", "WITH c AS ({plain}) SELECT * FROM c", "SELECT * FROM ({plain}) AS x", "TABLE u", "{select}{tail}", "{select}{tail}",
              "/*{say}*/ {select}", "{select} -- {say}", "{select} # {say}", "SELECT '{say}', \"{say}\" AS `{say}`"],
    "plain": ["SELECT id FROM t", "SELECT {item} AS id FROM t", "SELECT 1 AS id", "SELECT {item} AS id"],
    "select": ["SELECT {item}, {item} FROM {from} WHERE {cond} ORDER BY 1", "SELECT {item} FROM {from}", "SELECT {item}", "SELECT{gap}{item}{gap}FROM{gap}t", "SELECT COUNT(*) FROM {from} GROUP BY {item}", "SELECT DISTINCT {item} FROM t HAVING {cond}"],
    "item": ["id", "a", "{value}", "{value}", "UPPER(b)", "CASE WHEN {cond} THEN {value} ELSE {value} END", "({value})", "COALESCE({value}, {value})", "{odd}"],
    "value": ["1", "'text'", "NULL", "CONCAT(id, 'x')", "(SELECT MAX(id) FROM u)", "ABS(-2)", "`a`", "@@hostname", "x'41'", "LENGTH('it''s')", "'\\\\'", "INTERVAL(2, 1, 3)"],
    "from": ["t", "t", "t JOIN u USING (id)", "t LEFT JOIN u ON t.id = u.id", "(SELECT * FROM t) AS s1", "t, u", "test.t"],
    "cond": ["1", "id = 1", "a IS NOT NULL", "id IN (SELECT id FROM u)", "EXISTS (SELECT 1 FROM u WHERE {odd})", "NOT ({value} = {value})", "a LIKE '%x'", "{odd} = 1"],
    # What is not harmless, each of it seen by the snapshot, or refused by a server that only reads.
    "odd": ["id", "1", "2", "a", "f_write(id)", "test.f_write(7)", "f_var(3)", "@side := 5", "@a", "GET_LOCK('harmless', 0)", "RELEASE_LOCK('harmless')", "NEXTVAL(s)", "LASTVAL(s)", "LAST_INSERT_ID(9)", "f_write (7)", "`f_var`(4)",
            "1 /*! + f_var(5) */", "1 /*M! + f_var(6) */", "1 /*!50000 + GET_LOCK('harmless', 0) */", "1 /*!99999 + f_var(7) */", "1 /* + f_var(8) */", "1 /*+ f_var(8) */", "f_var/**/(9)", "'f_write(1)'", "(SELECT f_var(1))"],
    "tail": ["", " FOR UPDATE", " LOCK IN SHARE MODE", " FOR SHARE", " INTO @side", " /*! INTO @side */", " /*!50000 FOR UPDATE */", " LIMIT 1", " LIMIT 1 INTO @side", " PROCEDURE ANALYSE()", " INTO OUTFILE '/nosuch/x'", " /*M! FOR UPDATE */", " LIMIT 1 OFFSET 0 /* FOR UPDATE */"],
    "gap": [" ", "\t", "/**/", " /* x */ ", "  "],
    "say": ["FOR UPDATE", "f_write(1)", "INTO @side", "it is"],
}


def query(seed):
    """A query of this seed."""
    chance = random.Random(seed)

    def grown(text):
        return re.sub(r"\{(\w+)\}", lambda m: grown(chance.choice(WORDS[m[1]])), text)
    return grown("{query}")
