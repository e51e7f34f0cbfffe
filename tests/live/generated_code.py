"""Functions, procedures and views of random bodies, of a seed; of each is known what it is made of.

They read tables that nothing here writes (test.u, test.v), write to test.w, and use those made before them. The schemas
test and db have objects of the same names, which do other things.
"""

import random
import re
from dataclasses import dataclass, field

KINDS = ("function", "function", "view", "view", "view", "procedure")
DEPTH = 3   # of objects that use others
LOCK = "generated_code"
DEED = "\1"   # in front of what does more than read

BASE = {
    "function": "CREATE FUNCTION {name}(a INT) RETURNS INT READS SQL DATA BEGIN DECLARE x, y INT DEFAULT 1; {body} RETURN x + y; END",
    "procedure": "CREATE PROCEDURE {name}(a INT) BEGIN DECLARE x, y INT DEFAULT 1; {body} SELECT x, y; END",
    "view": "CREATE {algorithm}{security}VIEW {name} AS {select}",
}
FIRST = {"function": "SET x = a;", "procedure": "SET x = a;", "view": "SELECT id, b AS m FROM test.u"}
WORDS = {
    "body": ["{statement};", "{statement}; {statement};", "{statement}; {block};"],
    "statement": ["{read}", "{read}", "{read}", "{read}", "{use}", "{use}", "{use}", "{block}", "{block}", "{deed}", "{deed}", "{deed}"],
    "block": ["IF x > 1 THEN {body} ELSE {body} END IF", "CASE x WHEN 1 THEN {body} ELSE {body} END CASE", "REPEAT {body} UNTIL TRUE END REPEAT",
              "BEGIN DECLARE z INT DEFAULT 5; DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN {body} END; {body} END",
              "BEGIN DECLARE i INT DEFAULT 0; WHILE i < 2 DO SET i = i + 1; {body} END WHILE; END"],
    "read": ["SET x = x + 1", "SELECT COUNT(*) INTO x FROM test.u", "SET x = (SELECT MAX(b) FROM test.u WHERE id > y)", "SET y = LENGTH(CONCAT(x, 'GET_LOCK(1, 0)'))",
             "SET x = IFNULL((SELECT u.id FROM test.u JOIN test.v USING (id) ORDER BY 1 LIMIT 1), 0) /* UPDATE test.w SET n = 1 */",
             "BEGIN DECLARE c CURSOR FOR SELECT id FROM test.v; OPEN c; FETCH c INTO x; CLOSE c; END", "SET y = CASE WHEN x > 1 THEN ABS(-x) ELSE x MOD 2 END",
             "BEGIN DECLARE sleep_for INT DEFAULT 3; SET y = sleep_for; END", "SET x = '@side := 1' IN ('INTO @side', 'SLEEP(1)') -- GET_LOCK\n"],
    "use": ["SET x = {f}(y)", "SELECT {f}(id) INTO y FROM test.u WHERE id = 1", "SET y = IF(x > {f} (1), 1, 2)", "SET x = (SELECT MAX(m) FROM {v})",
            "SELECT COUNT(*) INTO y FROM {v} AS z JOIN test.u ON z.id = u.id"],
    "deed": ["{write}", "{other}"],
    "write": [DEED + deed for deed in (
        "UPDATE test.w SET n = n + 1 WHERE id = 1", "INSERT INTO test.w VALUES (1, 1) ON DUPLICATE KEY UPDATE n = n + 1", "REPLACE INTO test.w VALUES (2, x)",
        "UPDATE test.w SET n = n + 1 WHERE id < 3")],
    "other": [DEED + deed for deed in (
        f"DO GET_LOCK('{LOCK}', 0)", f"SET x = RELEASE_LOCK('{LOCK}')", "SET @side = x", "SELECT x + 1 INTO @side", "SET x = (@side := x + 1)",
        "SET x = IFNULL(@side, 1)", "DO SLEEP(0)", "SET x = CONNECTION_ID() MOD 5", "SET x = LAST_INSERT_ID(77)",
        "SELECT id INTO x FROM test.u WHERE id = 1 FOR UPDATE", "CREATE TEMPORARY TABLE IF NOT EXISTS test.made (a INT)", "SET sql_select_limit = 100",
        "SET x = @@server_id MOD 3")],
    "algorithm": ["", "ALGORITHM = MERGE ", "ALGORITHM = TEMPTABLE "],
    "security": ["", "SQL SECURITY INVOKER "],
    "select": ["SELECT z.id, {value} AS m FROM {source} AS z", "SELECT z.id, {value} AS m FROM {source} AS z WHERE z.id IN (SELECT id FROM {source})",
               "SELECT z.id, z.id AS m FROM test.u AS z WHERE {value} IS NOT NULL", "SELECT id, 1 AS m FROM test.v UNION SELECT z.id, {value} FROM {source} AS z",
               "SELECT d.id, d.m FROM (SELECT z.id, {value} AS m FROM {source} AS z) AS d", "WITH c AS (SELECT z.id, {value} AS m FROM {source} AS z) SELECT id, m FROM c"],
    "value": ["1", "z.id + 1", "LENGTH('GET_LOCK(1, 0)')", "(SELECT MAX(b) FROM test.u)", "COALESCE(NULL, z.id)", "{f}(1)", "{f}(1)", "{f}(z.id)", "{f} (2)",
              "(SELECT MAX(m) FROM {v})", "{value_deed}", "{value_deed}"],
    "value_deed": [DEED + deed for deed in (f"GET_LOCK('{LOCK}', 0)", "SLEEP(0)", "CONNECTION_ID()", "LAST_INSERT_ID(77)", f"IS_FREE_LOCK('{LOCK}')")],
    "source": ["test.u", "test.v", "{v}", "{v}"],
    # In schema test.
    "query": ["SELECT {f}(1), 'x'", "SELECT id FROM u WHERE {f}(id) > 0 ORDER BY 1", "CALL {p}(1)", "SELECT * FROM {v}", "SELECT m FROM {v} AS x WHERE id = 1",
              "SELECT u.id, x.m FROM u LEFT JOIN {v} x USING (id)", "SELECT x.id, y.m FROM {v} x, {v} y WHERE x.id = y.id", "SELECT id FROM u WHERE id IN (SELECT m FROM {v})",
              "SELECT (SELECT MAX(m) FROM {v}) AS m", "SELECT m FROM (SELECT * FROM {v}) AS d", "WITH c AS (SELECT * FROM {v}) SELECT m FROM c", "SELECT COUNT(m) FROM/**/{v}",
              "SELECT id FROM u UNION SELECT m FROM {v}", "SELECT id, {f}(id) FROM {v} ORDER BY m", "(SELECT m FROM {v}) LIMIT 5", "SELECT 'SELECT * FROM t FOR UPDATE', m FROM {v}"],
}
ONLY = {"mysql": {"query": ["TABLE {v}"]}, "mariadb": {"other": [DEED + "SET x = NEXT VALUE FOR test.s MOD 9"]}}


@dataclass
class Item:
    """A stored object, or a query. (deeds: what it, or one it uses, does beside reading tables.)"""
    kind: str
    schema: str
    name: str = ""
    depth: int = 0
    deeds: list = field(default_factory=list)
    sql: str = ""


class Code:
    """So many objects beside the first three, and queries over them."""

    def __init__(self, seed, count, family):
        self.chance = random.Random(seed)
        self.words = {word: texts + ONLY[family].get(word, []) for word, texts in WORDS.items()}
        self.items = []
        for kind, body in FIRST.items():
            self._add(Item(kind, "test", f"first_{kind}"), {"body": body, "select": body})
        for number in range(count):
            self._add(self._named(self.chance.choice(KINDS), number), {})

    def query(self):
        query = Item("query", "test")
        query.sql = self._grown(query, "{query}")
        return query

    def _named(self, kind, number):
        twin = self.chance.choice([item for item in self.items if item.kind == kind])
        name = twin.name if self.chance.random() < 0.25 else f"g{number}"
        taken = {(item.schema, item.name) for item in self.items}
        return Item(kind, *next(place for place in (("test", name), ("db", name), ("db", f"g{number}")) if place not in taken))

    def _add(self, item, given):
        text = BASE[item.kind].replace("{name}", f"{item.schema}.{item.name}")
        for word, body in given.items():
            text = text.replace(f"{{{word}}}", body)
        item.sql = self._grown(item, text)
        self.items.append(item)

    def _grown(self, item, text, depth=0):
        def word(match):
            if match[1] in ("f", "v", "p"):
                return self._used(item, {"f": "function", "v": "view", "p": "procedure"}[match[1]])
            texts = self.words[match[1]]
            if depth > 4:   # deep enough
                texts = [text for text in texts if "{block}" not in text] or texts
            return self._grown(item, self.chance.choice(texts), depth + 1)
        if text.startswith(DEED):
            item.deeds.append(text[1:])
        return re.sub(r"\{(\w+)\}", word, text.lstrip(DEED))

    def _used(self, item, kind):
        """One that was made before, as written in the item."""
        other = self.chance.choice([other for other in self.items if other.kind == kind and other.depth < DEPTH])
        item.deeds += other.deeds
        item.depth = max(item.depth, other.depth + 1)
        name = other.name.upper() if kind != "view" and self.chance.random() < 0.3 else other.name
        quote = self.chance.choice(["", "`"])
        if other.schema == item.schema and self.chance.random() < 0.5:
            return f"{quote}{name}{quote}"
        dot = self.chance.choice([".", ".", " . "]) if kind == "view" else "."
        return f"{quote}{other.schema}{quote}{dot}{quote}{name}{quote}"
