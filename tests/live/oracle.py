"""The servers' own word on what headgate calls a harmless read: it runs on both of them, and nothing changes.

Each statement runs in a read-only transaction on a read-only server without refusal, and then on the primary and on a
replica: with equal values, and with nothing changed in both servers' data, locks, and the session's own state.
"""

import re

import read_statements
import mysqlwire as w
from headgate import direct
from sandbox_lib.sql import connect_socket, run

TRANSACTION_KINDS = {"begin"}
REFUSED = {1290, 1792, 1836}

# Values that differ by nature: the clock, chance, and which server it is.
BY_NATURE = re.compile(
    rb"\b(NOW|SYSDATE|CURDATE|CURTIME|CURRENT_DATE|CURRENT_TIME|CURRENT_TIMESTAMP|LOCALTIME|LOCALTIMESTAMP|UTC_DATE|UTC_TIME|"
    rb"UTC_TIMESTAMP|UNIX_TIMESTAMP|RAND|UUID|SYS_GUID|RANDOM_BYTES)\b|@@(hostname|server_id|port)\b", re.I)

# Headgate's monitor has tables in use for a moment (it reads the views and routines); what a statement leaves in use stays.
IN_USE = "tables in use"
MOMENTS = 50

# Session variables that every statement changes, or that are a clock.
MOVING = {"timestamp", "error_count", "warning_count", "statement_id", "rand_seed1", "rand_seed2"}
# What a session may count beside its reads: the call of a procedure that reads, and the snapshot's own questions.
COUNTED = re.compile(r"^Com_(select|call_procedure|show_.*|stmt_.*)$")


def account(user):
    return {"user": user, "password": f"{user}_pw"}


class Watched:
    """A session of the application on one server, and what root sees of that server."""

    def __init__(self, cluster, node, user):
        self.cluster, self.node, self.is_mariadb = cluster, node, cluster.family == "mariadb"
        self.session = direct(cluster, node.name, **account(user))
        self.id = int(self.session.value("SELECT CONNECTION_ID()"))
        self.root = connect_socket(node.socket)
        self.last = None

    def close(self):
        self.session.close()
        self.root.close()

    def snapshot(self):
        """{what: value} of all that a harmless read leaves alone."""
        return {**self._of_session(), **self._of_server()}

    def _of_session(self):
        found = {f"@@{name.decode()}": value for name, value in self.session.rows("SHOW SESSION VARIABLES")
                 if name.decode() not in MOVING}
        found |= {name.decode(): value for name, value in self.session.rows("SHOW SESSION STATUS LIKE 'Com\\_%'")
                  if not COUNTED.match(name.decode())}
        found["last id"] = self.session.rows("SELECT LAST_INSERT_ID()")
        if self.is_mariadb:
            found["user variables"] = self.session.rows("SELECT * FROM information_schema.USER_VARIABLES")
        return found

    def _of_server(self):
        """Data, positions, locks: of the whole server, so that what moved behind the session's back shows as well."""
        return {name: run(self.root, sql.format(id=self.id))[-1][1] for name, sql in
                (FOR_MARIADB if self.is_mariadb else FOR_MYSQL).items()}


FOR_BOTH = {
    "checksums": "CHECKSUM TABLE " + ", ".join(read_statements.ALL_TABLES),
    # Not those in which the server itself notes how far it replicates (MySQL: slave_relay_log_info, gtid_executed), nor those that
    # any SHOW STATUS of another connection opens for a moment (a probe's, on MySQL): no lock can be left there.
    IN_USE: "SHOW OPEN TABLES WHERE In_use > 0 AND `Database` <> 'performance_schema' "
                     "AND NOT (`Database` = 'mysql' AND `Table` REGEXP '^(slave_|gtid_)')",
    "transactions": "SELECT trx_id FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = {id}",
    "prepared": "SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'",
}
FOR_MARIADB = {
    **FOR_BOTH,
    "sequence": "SELECT next_not_cached_value FROM test.s",
    "position": "SELECT @@GLOBAL.gtid_binlog_pos",
    "locks": "SELECT LOCK_MODE, LOCK_TYPE, TABLE_SCHEMA, TABLE_NAME FROM information_schema.METADATA_LOCK_INFO WHERE THREAD_ID = {id}",
}
FOR_MYSQL = {
    **FOR_BOTH,
    "position": "SELECT @@GLOBAL.gtid_executed",
    "locks": "SELECT l.OBJECT_TYPE, l.OBJECT_NAME, l.LOCK_TYPE FROM performance_schema.metadata_locks l JOIN performance_schema.threads t "
             "ON t.THREAD_ID = l.OWNER_THREAD_ID WHERE t.PROCESSLIST_ID = {id}",
    "user variables": "SELECT v.VARIABLE_NAME, v.VARIABLE_VALUE FROM performance_schema.user_variables_by_thread v "
                      "JOIN performance_schema.threads t USING (THREAD_ID) WHERE t.PROCESSLIST_ID = {id}",
    "temporary tables": "SELECT t.NAME FROM information_schema.INNODB_SESSION_TEMP_TABLESPACES s JOIN information_schema.INNODB_TEMP_TABLE_INFO t "
                        "ON t.SPACE = s.SPACE WHERE s.ID = {id}",
}


def prepare(cluster):
    """What the snapshots ask about."""
    for sql in read_statements.setup(cluster.family):
        cluster.sql("db1", sql)
    if cluster.family == "mariadb":
        for node in cluster.replicas():
            node.sql("INSTALL SONAME 'metadata_lock_info'")
    cluster.sync()


class Oracle:
    """Says of a statement whether it ran, and raises AssertionError if it was no harmless read.

    With `user`, all this in sessions of that account; without, in the application's, and nothing is known of the session.
    """

    def __init__(self, cluster, headgate, user=None):
        self.cluster, self.headgate = cluster, headgate
        self.asking = headgate.connect(**account(user)) if user else None
        user = user or "app"
        self.guarded = direct(cluster, "db2", **account(user))
        self.both = [Watched(cluster, cluster.node(name), user) for name in ("db1", "db2")]
        self.start_anew()

    def start_anew(self):
        """After a finding: what it left is not the next statement's fault."""
        for watched in self.both:
            watched.session.command(w.RESET_CONNECTION)
            watched.last = watched.snapshot()

    def close(self):
        if self.asking:
            self.asking.close()
        self.guarded.close()
        for watched in self.both:
            watched.close()

    def is_called_harmless(self, sql):
        """By `explain`; None if the statement cannot be asked about as one command."""
        if not _can_be_asked(sql):
            return None
        about = f"session {self.asking.thread_id()} " if self.asking else ""
        answer = self.headgate.json(f"explain {about}" + sql.decode(errors="surrogateescape"))[0]
        # A transaction that only reads begins on a replica, too: that is a change of state, told as one, not a read.
        return answer["place"] == "replica" and answer["kind"] not in TRANSACTION_KINDS

    def runs(self, sql):
        """False if both servers refuse it for what it says (a column that does not exist)."""
        error = self._in_read_only_transaction(sql)
        assert error is None or error.code not in REFUSED, f"called harmless, and refused: {sql!r}: {error}"
        replies = [watched.session.command(w.QUERY, sql) for watched in self.both]
        for watched in self.both:
            self.nothing_changed(watched, sql)
        errors = [reply.error and (reply.error.code, reply.error.message) for reply in replies]
        assert errors[0] == errors[1] or BY_NATURE.search(sql), f"another answer on the replica: {sql!r}: {errors}"
        if not errors[0] and not BY_NATURE.search(sql):
            seen = [(reply.columns, [sorted(rows) for rows in reply.results]) for reply in replies]
            assert seen[0] == seen[1], f"other values on the replica: {sql!r}: {[reply.results for reply in replies]}"
        return not errors[0]

    def _in_read_only_transaction(self, sql):
        self.guarded.query("START TRANSACTION READ ONLY")
        error = self.guarded.command(w.QUERY, sql).error
        self.guarded.command(w.RESET_CONNECTION)
        return error

    @staticmethod
    def nothing_changed(watched, sql):
        before = watched.last
        for _ in range(MOMENTS):
            watched.last = watched.snapshot()
            changed = differences(before, watched.last)
            if changed.keys() != {IN_USE}:
                break
        assert not changed and before.keys() == watched.last.keys(), \
            f"called harmless, and on {watched.node.name} it changed {changed}: {sql!r}"


def differences(before, now):
    """{what: (before, now)}. A table that another connection had in use before, and no longer has, is no difference."""
    found = {what: (before.get(what), value) for what, value in now.items() if before.get(what) != value}
    if IN_USE in found and all(row in found[IN_USE][0] for row in found[IN_USE][1]):
        del found[IN_USE]
    return found


def _can_be_asked(sql):
    """The admin socket takes one line, to a `;` outside quotes; argv takes no NUL."""
    outside = re.sub(rb"'(\\.|[^'\\])*'|\"(\\.|[^\"\\])*\"|`[^`]*`", b"", sql)
    return bool(sql.strip(b" \t;")) and not (b"\0" in sql or b"\n" in sql or b";" in outside.rstrip(b" ;") or re.search(rb"['\"`]", outside))


def check(oracle, statements, floor, what):
    """All of them; at least this share of those called harmless must run, or little was proved."""
    asked = [(sql, oracle.is_called_harmless(sql)) for sql in statements]
    called = [sql for sql, is_harmless in asked if is_harmless]
    wrong, failed = [], []
    for sql in called:
        try:
            if not oracle.runs(sql):
                failed.append(sql)
        except AssertionError as error:
            wrong.append(str(error))
            oracle.start_anew()
    print(f"{what}: {len(asked)} statements, {len(called)} called harmless, {len(called) - len(failed) - len(wrong)} ran as such, "
          f"{len(failed)} could not run, {len(wrong)} are not harmless")
    assert not wrong, "\n".join(wrong[:20])
    assert len(called) - len(failed) >= floor * len(called), "\n".join(map(str, failed))
    return called
