"""tests/data/routing.tsv: its rows read, checked, and run.

A row's session is one connection through headgate. Its last statement, the judged one, carries a tag in a comment at
its end; the servers' general logs then tell who ran it. The format is explained at the head of the file itself.
"""

import functools
import os
import re
from dataclasses import dataclass

import mysqlwire as w
from client import execute
from replies import Err

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = os.path.join(ROOT, "tests", "data", "routing.tsv")
TABLES = {"route": "include/route/tbl/route_reasons.h", "sql": "include/sql/tbl/sql_reasons.h",
          "pin": "include/state/tbl/pin_causes.h"}

FAMILIES = ("both", "mariadb", "mysql")
PLACES = ("primary", "replica", "previous=primary", "previous=replica", "refused", "here")
COMMANDS = {"reset": (w.RESET_CONNECTION, False), "init_db": (w.INIT_DB, True), "ping": (w.PING, False)}
BYTES = re.compile(r"<(LF|CR|TAB|NUL|x[0-9A-F]{2}|fill \d+)>")
NAMED_BYTES = {"LF": b"\n", "CR": b"\r", "TAB": b"\t", "NUL": b"\0"}


class BadRow(Exception):
    """The file itself is wrong."""


@dataclass
class Statement:
    text: str
    may_not_succeed: bool = False   # E: it must fail
    is_prepared: bool = False       # P: over the binary protocol
    is_multi: bool = False          # M: the connection asks for multi-statements
    is_command: bool = False        # C: a command of the protocol
    is_known: bool = False          # K: headgate knows the servers' stored code


@dataclass
class Row:
    line: int
    families: str
    place: str
    reason: str
    texts: str
    statements: list

    @property
    def judged(self):
        return self.statements[-1]

    @property
    def is_known(self):
        return any(statement.is_known for statement in self.statements)

    @property
    def tag(self):
        return f"row{self.line}x"

    def bytes_of(self, statement):
        """What is sent for this statement of the row; the judged one has the tag in it."""
        text = statement.text.replace("{id}", f"id{self.line}x")
        if statement is self.judged:
            text = text.replace("{row}", self.tag) if "{row}" in text else f"{text} /* {self.tag} */"
        return BYTES.sub(_placeholder, text).encode("latin-1") if "<x" in text else _filled(text)

    def __str__(self):
        return f"{os.path.relpath(PATH, ROOT)}:{self.line}: {self.texts}"


def _placeholder(match):
    word = match.group(1)
    if word in NAMED_BYTES:
        return NAMED_BYTES[word].decode()
    if word.startswith("fill "):
        return "x" * int(word[5:])
    return chr(int(word[1:], 16))


def _filled(text):
    return BYTES.sub(_placeholder, text).encode()


def _read_statement(text):
    statement = Statement("")
    while len(text) > 1 and text[1] == ":" and text[0] in "EPMCK":
        statement.may_not_succeed |= text[0] == "E"
        statement.is_prepared |= text[0] == "P"
        statement.is_multi |= text[0] == "M"
        statement.is_command |= text[0] == "C"
        statement.is_known |= text[0] == "K"
        text = text[2:]
    statement.text = text
    return statement


def read_rows(path=PATH):
    rows = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            cells = line.split("\t", 3)
            if len(cells) != 4:
                raise BadRow(f"{path}:{number}: four columns separated by tabs are wanted")
            families, place, reason, texts = cells
            rows.append(Row(number, families.strip(), place.strip(), reason.strip(), texts,
                            [_read_statement(text.strip(" ")) for text in texts.split(" ;; ")]))
    return rows


# ---- the names of reasons ----

@functools.cache
def _words(kind):
    """{words for people: name} of a table of reasons in the sources."""
    with open(os.path.join(ROOT, TABLES[kind]), encoding="utf-8") as f:
        found = re.findall(r'^\w+\((\w+),(?:\s+(\w+),)?((?:\s+"[^"]*")+)\)', f.read(), re.MULTILINE)
    return {"".join(re.findall(r'"([^"]*)"', words)): (lower or upper) for upper, lower, words in found}


def names_of_reasons():
    """All that may stand in the third column."""
    return {*_words("route").values(), *_words("sql").values(),
            *(f"pinned:{name}" for name in _words("pin").values())}


def explained(hg, row, session=None):
    """(place, names of all reasons that `explain` gives) for the judged statement, or None where the admin socket's
    grammar cannot carry it. With a session: in the state that one is in."""
    text = row.bytes_of(row.judged)
    is_line = not re.search(rb"[;\\]|[^\x20-\x7e]", text) and len(text) < 4000
    if not is_line or any(text.count(quote) % 2 for quote in b"'\"`") or row.judged.is_command:
        return None
    about = f"session {session} " if session is not None else ""
    answer = hg.json(f"explain {about}{text.decode()}")
    if isinstance(answer, dict):
        return None if "error" not in answer else (f"error: {answer['error']}", set())
    cells = answer[0]
    route, sql, pin = (_words(kind) for kind in ("route", "sql", "pin"))
    found = {route[cells["reason"]], sql[cells["statement"]]}
    found |= {f"pinned:{name}" for words, name in pin.items() if words in (cells.get("pins") or "")}
    return cells["place"], found


# ---- running ----

def _run(client, row, statement):
    """The reply's error, or None."""
    text = row.bytes_of(statement)
    if statement.is_command:
        word, _, argument = text.partition(b" ")
        byte, takes = COMMANDS[word.decode()]
        return client.command(byte, argument if takes else b"").error
    if not statement.is_prepared:
        return client.command(w.QUERY, text).error
    prepared = client.command(w.PREPARE, text)
    if prepared.error:
        return prepared.error
    return client.command(w.EXECUTE, execute(prepared.statement_id, [1] * prepared.params)).error


def _complaint(row, statement, error):
    if statement.may_not_succeed != (error is not None):
        told = f"failed: {error}" if error else "was expected to fail and did not"
        return f"{row}\n    '{statement.text}' {told}"
    return None


def run_row(hg, row, explain=None):
    """Runs the row; ([complaints], what explain(hg, row, session id) said just before the judged statement)."""
    caps = w.MODERN_CAPS
    if not any(s.is_multi for s in row.statements):
        caps &= ~w.MULTI_STATEMENTS
    said = None
    complaints = []
    with hg.wire(caps=caps) as client:
        for statement in row.statements:
            if statement is row.judged and explain:
                said = explain(hg, row, client.greeting.connection_id)
            try:
                error = _run(client, row, statement)
            except (w.WireError, Err, OSError) as problem:
                error = problem
            complaints += filter(None, [_complaint(row, statement, error)])
        try:
            client.quit()
        except (w.WireError, OSError):
            pass   # COMMIT RELEASE has closed it
    return complaints, said


# ---- the logs ----

ENTRY = re.compile(r"^(?:\d{6} [ \d]\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+)?\t+ *(\d+) ([A-Z][A-Za-z ]+?)\t", re.MULTILINE)
TAG = re.compile(r"row\d+x")


def _replicating(node):
    return {str(row[0]) for row in node.sql("SHOW PROCESSLIST") if str(row[1]) == "system user"}


def tags_by_node(cluster):
    """{(tag, "Query" | "Execute" | …): {names of the nodes whose clients asked for that}}"""
    found = {}
    for node in cluster.nodes():
        threads = _replicating(node)
        log = node.logged()
        starts = list(ENTRY.finditer(log))
        for entry, after in zip(starts, [*starts[1:], None]):
            if entry.group(1) in threads:
                continue
            for tag in TAG.findall(log, entry.end(), after.start() if after else len(log)):
                found.setdefault((tag, entry.group(2)), set()).add(node.name)
    return found


def place_of(row, found, primary):
    """Where the judged statement ran: "primary", "replica", "nowhere", or what cannot be."""
    names = found.get((row.tag, "Execute" if row.judged.is_prepared else "Query"), set())
    if not names and row.judged.is_prepared and row.judged.may_not_succeed:
        names = found.get((row.tag, "Prepare"), set())
    if not names:
        return "nowhere"
    if len(names) > 1:
        return "on " + " and ".join(sorted(names))
    return "primary" if names == {primary} else "replica"


def expected_place(row):
    return {"refused": "nowhere", "here": "nowhere"}.get(row.place, row.place.rpartition("=")[2])
