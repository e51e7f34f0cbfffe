"""The same statements through headgate and on a server alone, side by side.

Two clusters begin equal: one with replicas and headgate in front, the other a single server. Each statement is said to
both, its two answers are compared, and the replicas catch up before the next one: their lag is not the matter here.
"""

import contextlib
import re
import time

import grammar
import mysqlwire as w
from reply_comparison import comparable, in_words
from client import execute
from headgate import Headgate, direct
from sandbox_lib import Cluster, sql

FORMS = (w.MODERN_CAPS & ~w.SESSION_TRACK, w.OLD_CAPS | w.FOUND_ROWS, w.MODERN_CAPS)

# Refused by design, with these words: what would leave state behind on the replica that a read-only transaction runs on,
# and GET DIAGNOSTICS into user variables about a read on a replica. The sequence ends there.
BY_DESIGN = re.compile(r"^headgate: ")
BY_DESIGN_CODE = 1235

# Allowed difference: MySQL puts into the answers to these the number of warnings that some statement before left on that
# server; they run no statement, and headgate asks any server, or answers itself.
RUN_NO_STATEMENT = {w.PING, w.INIT_DB, w.SET_OPTION}

# Allowed difference: on a replica it is read_only that forbids the statement; headgate tells what the transaction would
# have said, SHOW ERRORS does not.
READ_ONLY_TRANSACTION = 1792

# Allowed difference: what stored code does to the warnings its server alone knows, on MariaDB. After it headgate asks that
# server, which has not heard of a read before on a replica if the code left them alone.
STORED_CODE = re.compile(r"\b(call|execute|begin\s+not|if)\b|\bf_\w+\s*\(|\bv_write\b", re.IGNORECASE)
SETS_WARNINGS = re.compile(r"\bfrom\b|\b(insert|update|delete|replace|create|drop|alter|truncate|analyze|handler)\b", re.IGNORECASE)
ASKS_FOUND = re.compile(r"found_rows\s*\(", re.IGNORECASE)
ASKS_WARNINGS = re.compile(r"show\s(.*\s)?(count\s*\(|warnings|errors)|@@(warning|error)_count", re.IGNORECASE | re.DOTALL)

# Allowed difference: the OK of a CALL on MySQL repeats the affected rows of some statement before, of the same connection,
# and ROW_COUNT() after it.
CALL = re.compile(r"\bcall\b", re.IGNORECASE)
ASKS_ROWS = re.compile(r"row_count\s*\(", re.IGNORECASE)

# Allowed difference: GET DIAGNOSTICS writes user variables, and so runs where these are. If the answer may lie elsewhere the
# sequence ends there.
GET_DIAGNOSTICS = re.compile(r"get\s+diagnostics", re.IGNORECASE)

# Allowed difference: MariaDB makes the variable of an assignment when it is prepared, whether that is ever run or not; of a
# NULL that is one byte of a column's greatest length.
PREPARES_ASSIGNMENT = re.compile(r"\bprepare\b.*:=", re.IGNORECASE | re.DOTALL)
UNSET, IS_NULL = (b"\x0c?\0" + w.int4(length) + b"\xfb" for length in (1 << 24, (1 << 24) - 1))

# What writes down what it has asked: where the answer may differ, the data would from then on. The sequence ends there.
WRITES_DOWN = re.compile(r"^(\s|/\*.*?\*/)*(set|insert|update|call|execute)\b", re.IGNORECASE | re.DOTALL)
ASKS = {"rows": ASKS_ROWS, "warnings": ASKS_WARNINGS}

SET_STATEMENT = re.compile(r"\bset\s+statement\b", re.IGNORECASE)
SETS_ZONE = re.compile(r"\bset\b.*time_zone", re.IGNORECASE | re.DOTALL)

# Allowed difference: an access mode that MariaDB hears of in a transaction is that of the next one, but not of one after SET
# autocommit = 1 has ended it; on a connection that is made equal it is. The sequence ends there.
SETS_ACCESS = re.compile(r"\btransaction\s+read\b|\b(tx|transaction)_read_only\b", re.IGNORECASE)
SETS_AUTOCOMMIT = re.compile(r"\bset\b.*\bautocommit\b", re.IGNORECASE | re.DOTALL)
ENDS = re.compile(r"\b(commit|rollback|begin|start)\b", re.IGNORECASE)

# Allowed difference: on MySQL an open table keeps the steps of the AUTO_INCREMENT numbers that it gave last, also after SET …
# = DEFAULT, and counts on from a given id in them: 53, where one that is opened anew has 51. The sequence ends there.
SETS_STEPS = re.compile(r"\bset\b.*\bauto_increment_(increment|offset)\b", re.IGNORECASE | re.DOTALL)
GIVES_ID = re.compile(r"\binsert\b.*\(id,.*\bvalues\s*\((?!null)|\binsert_id\s*=", re.IGNORECASE | re.DOTALL)

# Allowed difference: MySQL gives the results of a prepared statement the types of the parameters of executions before, of
# the same connection.
PARAMETERS_SHOWN = re.compile(r"^select \?", re.IGNORECASE)

# Allowed difference: the row of an earlier statement, of the same connection, in the error of one without rows.
AT_ROW = re.compile(r"1366.* at row \d+")

# Of an EXECUTE that is cut short: it is no statement, and goes to no server.
WRONG_ARGUMENTS = 1210

DIED = "the connection ended"


class Difference(Exception):
    """Where the two stopped being equal."""

    def __init__(self, index, said, through, alone):
        super().__init__(f"statement {index}: {said!r}\n  through headgate: {through}\n  alone:            {alone}")
        self.index, self.said = index, said


class Unsure(Exception):
    """What comes next cannot be compared, for a reason that is among the allowed differences."""


class Stuck(AssertionError):
    """Replication stopped: nothing can be compared after that."""


class SideBySide:
    """Both sides. `refused` counts the sequences that ended because headgate said no, by design."""

    def __init__(self, flavour, options=None, **headgate):
        """options: of the servers; headgate: of class Headgate."""
        self.stack = contextlib.ExitStack()
        try:
            start = lambda replicas: self.stack.enter_context(  # noqa: E731
                Cluster.start(flavour=flavour, replicas=replicas, die_with_parent=True, options=options or {}))
            self.cluster, self.alone = start(2), start(0)
            self.family = self.cluster.family
            for cluster in (self.cluster, self.alone):
                self.prepare(cluster)
            self.headgate = self.stack.enter_context(Headgate(self.cluster, **headgate))
            self.primary = self.root(self.cluster.primary())
            self.replicas = [self.root(node) for node in self.cluster.replicas()]
            self.lonely = self.root(self.alone.primary())
        except BaseException:
            self.stack.close()
            raise
        self.run_number = 0
        self.statements = self.refused = 0
        self.position = None

    def close(self):
        self.stack.close()

    @staticmethod
    def prepare(cluster):
        """Makes what the grammar speaks of."""
        for made in grammar.schema(cluster.family):
            cluster.node("db1").sql(f"USE test; {made}")
        cluster.node("db1").sql("CREATE ROLE r1; GRANT SELECT ON app2.* TO r1; GRANT r1 TO app@'%'")
        cluster.sync()

    def root(self, node):
        """A connection for the test's own questions, kept open."""
        return self.stack.enter_context(sql.connect_socket(node.socket))

    # ---- the beginning, and between statements ----

    @staticmethod
    def ask(connection, text):
        """The last result of some statements."""
        return sql.run(connection, text)[-1][1]

    def reset(self):
        """Both as at the start: prepared transactions rolled back, tables of tests dropped, rows as they were."""
        for connection in (self.primary, self.lonely):
            for xid in self.prepared_transactions(connection):
                with contextlib.suppress(sql.Error):     # 1402: it was rolled back before, and is gone now
                    self.ask(connection, f"XA ROLLBACK X'{xid.hex()}'")
            self.ask(connection, grammar.beginning(self.family))
        self.catch_up()

    def prepared_transactions(self, connection):
        """The names of a server's, as bytes."""
        return [(xid if isinstance(xid, bytes) else xid.encode())[:length]
                for _, length, _, xid in self.ask(connection, "XA RECOVER")]

    def catch_up(self):
        """If the primary has written anything: until the replicas have it."""
        mariadb = self.family == "mariadb"
        now = self.ask(self.primary, "SELECT @@GLOBAL." + ("gtid_binlog_pos" if mariadb else "gtid_executed"))[0][0]
        if now == self.position:
            return
        wait = (f"SELECT MASTER_GTID_WAIT('{now}', 5)" if mariadb
                else f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{now}', 5)")
        for node, replica in zip(self.cluster.replicas(), self.replicas):
            if self.ask(replica, wait)[0][0] != 0:
                raise Stuck(f"{node.name} does not apply what the primary wrote: {node.replication()}\n"
                            f"{self.ask(replica, 'SHOW FULL PROCESSLIST')}")
        self.position = now

    def contents(self):
        """What is different in the data of all servers, or None."""
        ask = "CHECKSUM TABLE test.t, test.u, test.tr, test.d1, test.d2, test.tmp1, test.tmp2, app2.d1, app2.tmp1"
        sums = [self.ask(server, ask) for server in (self.primary, self.lonely, *self.replicas)]
        return None if all(found == sums[0] for found in sums) else sums

    # ---- a sequence ----

    def play(self, sequence, caps):
        """Raises Difference. (caps: the form of the protocol, one of FORMS.)"""
        self.reset()
        self.run_number += 1
        run = self.run_number
        with contextlib.ExitStack() as stack:
            through, alone = Side(lambda: self.headgate.wire(caps=caps, timeout=15), stack, self.family), Side(
                lambda: direct(self.alone, caps=caps, timeout=15), stack, self.family)
            for index, statement in enumerate(sequence):
                said = with_run(statement, run, index)
                first, second = through.say(said), alone.say(said)
                self.statements += 1
                if is_by_design(first, second):
                    self.refused += 1
                    return
                try:
                    packets, expected = through.compared(first, said), alone.compared(second, said)
                except Unsure:
                    self.refused += 1
                    return
                if packets != expected:
                    raise Difference(index, said, told(first, packets, expected), told(second, expected, packets))
                self.catch_up()
        if sums := self.contents():
            raise Difference(len(sequence), "(the data afterwards)", sums[0], sums[1:])

    def next_run(self):
        """The number of the run that comes next, as in mark()."""
        return self.run_number + 1

    def fails(self, sequence, caps):
        """The Difference, or None."""
        try:
            self.play(sequence, caps)
        except Difference as difference:
            return difference
        return None

    def reduce(self, sequence, caps, seconds=40.0):
        """A shorter sequence that still fails, by leaving statements out: (sequence, its Difference or None)."""
        worst = self.fails(sequence, caps)
        if worst is None:
            return sequence, None
        sequence = sequence[:worst.index + 1] if worst.index >= 0 else sequence
        sequence = shrink(sequence, lambda shorter: self.fails(shorter, caps), time.monotonic() + seconds)
        return sequence, self.fails(sequence, caps) or worst


def shrink(items, fails, deadline):
    """A list from which nothing more can be left out such that fails(list) is still true; or as far as there was time."""
    size = max(1, len(items) // 2)
    while size and time.monotonic() < deadline:
        at, was = 0, len(items)
        while at < len(items) and time.monotonic() < deadline:
            shorter = items[:at] + items[at + size:]
            if shorter and fails(shorter):
                items = shorter
            else:
                at += size
        if len(items) == was or size > 1:
            size //= 2
    return items


class Side:
    """One connection of the two; a new one when the server ended it.

    connect(): a wire connection. stack: what closes it. table: one that is always there, to read from.
    """

    def __init__(self, connect, stack, family, table="test.t"):
        self.connect, self.stack, self.family, self.table = connect, stack, family, table
        self.heard = self.heard_before = None    # the last error of say(), or of what it said besides; and that of the one before
        self.has_steps = False    # its tables outlive the connection
        self.open()

    def open(self):
        """A new connection, which knows nothing of what was before."""
        self.client = self.stack.enter_context(self.connect())
        # FOUND_ROWS() and warnings before any statement: what the server's thread did for another.
        self.client.query(f"SELECT 1 FROM {self.table} LIMIT 1")
        self.client.infile = lambda name: b"71\tseventy-one\n72\tx\n"
        self.prepared, self.texts = {}, {}
        self.is_in_transaction = self.has_set_statement = self.has_late_access = self.has_prepared_assignment = False
        self.unsure = set()     # what stored code may have left alone: a key of ASKS

    def become(self, user, password, schema):
        """COM_CHANGE_USER."""
        self.client.change_user(user, password, schema)
        self.settle()    # FOUND_ROWS() outlives it
        self.prepared.clear()
        self.is_in_transaction = False

    def say(self, statement):
        """The Reply, or DIED."""
        self.heard_before, self.heard = self.heard, None
        try:
            return self._said(statement)
        except (w.WireError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise Difference(-1, statement, "no answer, on one of the sides", repr(error)) from error
            self.open()
            return DIED

    def settle(self):
        """What earlier statements left to ask for, the same on both sides."""
        self.heard = self.client.command(w.QUERY, f"SELECT 1 FROM {self.table} LIMIT 0").error or self.heard

    def _said(self, statement):
        if isinstance(statement, str):
            reply = self.client.command(w.QUERY, statement)
            if reply.error and reply.error.code == READ_ONLY_TRANSACTION:
                self.settle()
            return reply
        kind, *rest = statement
        if kind == "command":
            reply = self.client.command(*rest)
            self.heard = reply.error
            if rest[0] == w.FIELD_LIST:    # MySQL adds its warning to those that are there, and that differs
                self.settle()
            if rest[0] == w.RESET_CONNECTION:    # FOUND_ROWS() outlives it, on the connection that counted
                self.settle()
                self.prepared.clear()
            if rest[0] == w.INIT_DB and reply.error and self.family == "mysql":    # likewise
                self.settle()
            if rest[0] == w.PING:
                self.client.query("SELECT 1")    # ROW_COUNT() after it: a server says 0, headgate answers PING itself
            return reply
        name = rest[0]
        if kind == "prepare":
            self._close(name)
            reply = self.client.command(w.PREPARE, rest[1])
            if not reply.error:
                self.prepared[name], self.texts[name] = reply.statement_id, rest[1]
            return reply
        if kind == "close":
            self._close(name)
            return self._said(("command", w.PING, b""))
        number = self.prepared.get(name, 4242)
        reply = self.client.command(w.EXECUTE, execute(number, rest[1]))
        self.heard = reply.error
        if number == 4242 or reply.error and reply.error.code == WRONG_ARGUMENTS:
            self.settle()    # headgate refuses it itself, and no server's SHOW WARNINGS tells of that
        return reply

    def _close(self, name):
        if name in self.prepared:
            self.client.command(w.CLOSE, w.int4(self.prepared.pop(name)))

    def compared(self, reply, said):
        """What must be equal on both sides. Raises Unsure."""
        if reply == DIED:
            return DIED
        text = self._text(said)
        was_unsure = self._follow(reply, text)
        merely = self.client.caps, [reply.error, reply.status & ~w.STATE_CHANGED, len(reply.packets)]
        if said[0] == "close" or said[0] == "command" and said[1] in RUN_NO_STATEMENT:
            return merely
        if AT_ROW.search(str(reply.error)):
            return self.client.caps, [reply.error.code]
        if self.has_late_access and SETS_AUTOCOMMIT.search(text) or self.has_steps and GIVES_ID.search(text):
            raise Unsure
        if GET_DIAGNOSTICS.search(text) and "warnings" in was_unsure:
            raise Unsure
        if WRITES_DOWN.search(text) and any(ASKS[what].search(text) for what in was_unsure):
            raise Unsure
        if ASKS_WARNINGS.search(text) and "warnings" in was_unsure:
            return self.client.caps, [reply.error, reply.status & ~w.STATE_CHANGED]
        if self.family == "mysql" and CALL.search(text) and not reply.results:
            return merely
        if ASKS_ROWS.search(text) and "rows" in was_unsure:
            return merely
        if said[0] == "execute" and PARAMETERS_SHOWN.search(text) and self.family == "mysql":
            return merely
        return self.client.caps, [
            (seq, self._without_null(_without_echo(_without_state_changed(payload, self.client.caps), text, self.has_set_statement)))
            for seq, payload in comparable(reply, self.client.caps)]

    def _without_null(self, payload):
        return payload.replace(UNSET, IS_NULL) if self.has_prepared_assignment and isinstance(payload, bytes) else payload

    def _text(self, said):
        """The SQL of it; a command's in brief."""
        if isinstance(said, str):
            return said
        return {"prepare": said[-1], "execute": self.texts.get(said[1], "")}.get(said[0], str(said))

    def _follow(self, reply, text):
        """Notes what stored code may have left alone; what it was before."""
        was_unsure, was_open = set(self.unsure), self.is_in_transaction
        self.has_set_statement |= bool(SET_STATEMENT.search(text))
        self.has_steps |= self.family == "mysql" and bool(SETS_STEPS.search(text))
        self.has_prepared_assignment |= self.family == "mariadb" and bool(PREPARES_ASSIGNMENT.search(text))
        if not reply.error:
            self.is_in_transaction = bool(reply.status & w.IN_TRANS)
        says_late = self.family == "mariadb" and was_open and bool(SETS_ACCESS.search(text))
        self.has_late_access = (says_late or self.has_late_access) and not ENDS.search(text)
        self.unsure.discard("rows")
        if STORED_CODE.search(text):
            self.unsure = {"warnings"} if self.family == "mariadb" else {"rows"}
        if reply.error or reply.warnings or SETS_WARNINGS.search(text):
            self.unsure.discard("warnings")
        return was_unsure


def _without_echo(payload, said, after_set_statement):
    """An OK without what a MariaDB server says again of a session's state although nobody has just changed it.

    Allowed difference: of the time zone, by some statement after SET STATEMENT time_zone; of the schema, by the one after a
    prepared statement that failed. When it does depends on how much is tracked.
    """
    if not isinstance(payload, tuple):
        return payload
    entries = [entry for entry in payload[-1]
               if not (entry[0] == 1 and "use" not in said.lower()
                       or entry[1] == b"time_zone" and after_set_statement and not SETS_ZONE.search(said))]
    return (*payload[:-1], entries)


def _without_state_changed(payload, caps):
    """An EOF without STATE_CHANGED, where the client has not asked for tracking.

    Allowed difference: the flag means nothing to such a client; servers leave it set in the EOF of a prepared statement's
    rows after COM_INIT_DB, headgate takes it out of all replies.
    """
    if caps & (w.SESSION_TRACK | w.DEPRECATE_EOF) or payload[:1] != b"\xfe" or len(payload) != 5:
        return payload
    return payload[:3] + w.int2(int.from_bytes(payload[3:], "little") & ~w.STATE_CHANGED)


def told(reply, packets, others):
    """A reply in words, and the first of its packets that the other side does not have."""
    if reply == DIED:
        return DIED
    different = [packet for packet in packets[1] if others == DIED or packet not in others[1]]
    return f"{in_words(reply)}\n      {different[:1]}"


def is_by_design(through, alone):
    return (through != DIED and through.error is not None and through.error.code == BY_DESIGN_CODE
            and bool(BY_DESIGN.match(through.error.message)) and (alone == DIED or not alone.error
                                                                   or alone.error.code != BY_DESIGN_CODE))


def mark(run, index):
    """What is found in the servers' logs of the statement."""
    return f"/*run{run}.{index}*/"


def with_run(statement, run, index):
    """Names that outlive a connection made this run's own, and a mark by which the servers' logs tell who ran it."""
    if isinstance(statement, str):
        text = statement.replace("_RUN", f"_{run}")
        return f"{mark(run, index)}{text}" if index % 2 else f"{text} {mark(run, index)}"
    if statement[0] == "prepare":
        return (*statement[:2], f"{statement[2].replace('_RUN', f'_{run}')} {mark(run, index)}")
    return statement
