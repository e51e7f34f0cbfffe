"""Many sessions through headgate on few connections, and each of them on a server alone, side by side.

Each place of a script (session_scripts.py) has two schemas of its own, in which it finds what the grammar speaks of: sessions do not
see one another, and what one of them hears does not depend on the others. So the same statements of that session, said to a
server where each session has a connection of its own, are all that is needed to know the right answers.
"""

import concurrent.futures
import contextlib
import itertools
import re
import time

import grammar
import mysqlwire as w
import replies as r
import session_scripts
from reply_comparison import without_plan
from headgate import direct
from sandbox_lib import DURABLE, sql
from side_by_side import (ASKS_FOUND, ASKS_ROWS, ASKS_WARNINGS, DIED, FORMS, Difference, Side, Stuck, SideBySide, Unsure, is_by_design,
                   shrink, told, with_run)

CONNECTIONS = 5   # to each server, for all sessions
PASSWORDS = {"app": "app_pw", "other": "other_pw"}
# thread_cache_size: MariaDB 10.11 gives a new connection the number of errors that somebody else's last statement left on
# its thread under max_error_count = 0 (seen on direct connections: SHOW COUNT(*) WARNINGS as the first statement).
SERVERS = {"thread_cache_size": 0, "innodb_lock_wait_timeout": 5, "lock_wait_timeout": 20, "max_binlog_size": "8M", **DURABLE}
TIMEOUTS = {"pool_wait": "60s", "primary_wait": "60s"}
PATIENCE = 100    # seconds that a client waits for an answer: more than headgate does for a connection

NO_CONNECTION = "headgate: no connection to"
LOST = {1053, 1317, 1927}   # what a client hears when the connection that its statement, or its state, needed was killed

# A mere question about statements before: refused where the connection that knows has gone to somebody else.
ASKS_DRAWN = re.compile(r"lastval|previous value", re.IGNORECASE)
ASKS_EARLIER = re.compile("|".join(asks.pattern for asks in (ASKS_FOUND, ASKS_ROWS, ASKS_WARNINGS, ASKS_DRAWN)), re.IGNORECASE | re.DOTALL)
ASKS_MORE = re.compile(r"(?<!@)@(?!@)|;|nextval|\b(into|insert|update|delete|call|do)\b", re.IGNORECASE)


def home(who):
    return f"h_{who:02}"


def only(rounds, who):
    """The script of these sessions alone."""
    left = ([(number, acts) for number, acts in turns if number in who] for turns in rounds)
    return [turns for turns in left if turns]


def in_home(act, who):
    """An act with this place's schemas instead of the grammar's."""
    def named(text):
        return re.sub(r"\btest\b", home(who), re.sub(r"\bapp2\b", f"{home(who)}x", text))
    if isinstance(act, str):
        return named(act)
    if act[0] == "prepare":
        return (*act[:2], named(act[2]))
    if act[0] == "command" and act[1] == w.INIT_DB:
        return (*act[:2], named(act[2].decode()).encode())
    return act


class ManySessions(SideBySide):
    """Both sides, and what is counted: steps; mere questions that were refused by design (unanswered); sessions that
    another one had to replace, because they had come to an allowed difference (restarts) or were lost to a kill (losses).
    """

    def __init__(self, flavour, kept="1s", wait="5s"):
        """kept: how long a connection is for questions about the statement before (headgate's timeouts.diagnostics); wait: a
        read for a replica to catch up, before the primary runs it (consistency_wait)."""
        super().__init__(flavour, options=SERVERS, server_settings={"max_connections": CONNECTIONS}, cluster_settings={"consistency_wait": wait},
                         timeouts={**TIMEOUTS, "diagnostics": kept}, extra={"workers": 2})
        self.pool = self.stack.enter_context(concurrent.futures.ThreadPoolExecutor(max_workers=16))
        self.numbers = itertools.count(1)     # taken by many threads
        self.kills = None         # who kills in the present script
        self.has_died = False     # the primary, in the present round
        self.steps = self.restarts = self.unanswered = self.losses = 0

    @staticmethod
    def prepare(cluster):
        node = cluster.node("db1")
        with contextlib.closing(sql.connect_socket(node.socket)) as root:
            for user in session_scripts.USERS:
                sql.run(root, f"GRANT ALL ON `h\\_%`.* TO {user}@'%'")
            if cluster.family == "mysql":     # else sessions that have user variables and write keep their connections
                for user in session_scripts.USERS:
                    sql.run(root, f"GRANT SELECT ON performance_schema.user_variables_by_thread TO {user}@'%'")
            sql.run(root, "CREATE ROLE r1; GRANT SELECT ON app2.* TO r1; GRANT r1 TO app@'%'; GRANT r1 TO other@'%'")
            for who in range(session_scripts.SESSIONS):
                sql.run(root, f"CREATE DATABASE {home(who)}; CREATE DATABASE {home(who)}x; USE {home(who)}; "
                              "CREATE TABLE epoch (n INT NOT NULL); INSERT INTO epoch VALUES (0)")
                for made in grammar.schema(cluster.family):
                    sql.run(root, made)
        cluster.sync()

    # ---- a script ----

    def play(self, rounds, kills=None):
        """Raises Difference: its index is that of the round, its who that of the session. (kills: of kills.py.)"""
        self.play_and_look(rounds, lambda: None, kills)

    def play_and_look(self, rounds, look, kills=None):
        """The same; what look() says while the sessions are still there."""
        self.kills = kills
        who = sorted({number for turns in rounds for number, _ in turns})
        list(self.pool.map(self.furnish, who))
        with contextlib.ExitStack() as stack:
            players = dict(zip(who, self.pool.map(lambda number: Player(self, number, stack), who)))
            try:
                for index, turns in enumerate(rounds):
                    self._round(index, turns, players)
                seen = look()
            finally:
                stack.close()
                for player in players.values():
                    player.end()
        self._compare_data(len(rounds), who)
        self._drop_logs()
        return seen

    def _round(self, index, turns, players):
        futures = [self.pool.submit(players[number].turn, acts) for number, acts in turns]
        self.has_died = False
        if self.kills:
            self.kills.strike(self)
        concurrent.futures.wait(futures)
        self.steps += sum(len(acts) for _, acts in turns)
        forgotten = self._forgotten() if self.has_died else set()
        for (number, _), future in zip(turns, futures):
            try:
                future.result()
            except Difference as difference:
                if number not in forgotten:
                    difference.index, difference.who, difference.story = index, number, players[number].story
                    raise
        for number in forgotten & set(players):
            players[number].anew()

    def _forgotten(self):
        """Places in which the primary, killed in this round, will give numbers again.

        Allowed difference: of AUTO_INCREMENT a server that was killed knows what stands in rows, not what it drew besides: for
        INSERTs that were rolled back, on MariaDB, and on both what an INSERT … SELECT drew in advance (seen on direct
        connections). Who stays in such a place begins anew, and what it heard in that round may be different.
        """
        ask = ("SELECT table_schema, table_name, auto_increment FROM information_schema.tables "
               "WHERE table_schema LIKE 'h\\_%' AND table_name IN ('t', 'tr')")
        if self.family == "mysql":
            ask = f"SET SESSION information_schema_stats_expiry = 0; {ask}"
        here, alone = ({tuple(row[:2]): row[2] for row in self.ask(server, ask)} for server in (self.primary, self.lonely))
        return {int(table[0][2:4]) for table in here.keys() & alone.keys() if (here[table] or 0) < (alone[table] or 0)}

    def fails(self, rounds):
        """The Difference, or None. That nobody gave a connection back is none: a script may have lost that part of it."""
        try:
            self.play(rounds)
        except Difference as difference:
            return None if NO_CONNECTION in str(difference) else difference
        return None

    def reduce(self, rounds, seconds=100.0):
        """A shorter script that still fails, by leaving sessions and rounds out: (rounds, its Difference or None)."""
        worst, deadline = self.fails(rounds), time.monotonic() + seconds
        if worst is None:
            return rounds, None
        rounds = rounds[:worst.index + 1]
        who = sorted({number for turns in rounds for number, _ in turns})
        kept = [worst.who] if self.fails(only(rounds, [worst.who])) else shrink(
            who, lambda fewer: self.fails(only(rounds, fewer)), deadline)
        rounds = shrink(only(rounds, kept), self.fails, deadline)
        return rounds, self.fails(rounds) or worst

    def _compare_data(self, index, who):
        self.catch_up()
        tables = ", ".join(f"{home(number)}.{table}" for number in who for table in ("t", "u", "tr", "d1", "d2", "tmp1", "tmp2"))
        sums = [dict(self.ask(server, f"CHECKSUM TABLE {tables}")) for server in (self.primary, self.lonely, *self.replicas)]
        for table, found in sums[0].items():
            if any(other[table] != found for other in sums[1:]):
                difference = Difference(index, f"(the data of {table} afterwards)", found, [other[table] for other in sums[1:]])
                difference.who, difference.story = int(table[2:4]), []
                raise difference

    def _drop_logs(self):
        """What replicas have no use for any more: a long run would fill the disk."""
        for server in (self.primary, self.lonely, *self.replicas):
            self.ask(server, "PURGE BINARY LOGS BEFORE NOW()")

    def catch_up(self):
        """As SideBySide does; where servers are killed, replicas need their time to find the primary again."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return super().catch_up()
            except Stuck:
                if time.monotonic() > deadline:
                    raise

    def furnish(self, who):
        """A place's tables as at the start, on both sides; nobody is there."""
        for node in (self.cluster.primary(), self.alone.primary()):
            self.visit(node, lambda root: self.ask(root, f"USE {home(who)}; " + in_home(grammar.beginning(self.family), who)))

    def end_prepared(self, run):
        """Prepared XA transactions of a session that has gone: as soon as their connection has let go of them."""
        deadline = time.monotonic() + 60

        def roll_back(root):
            while left := [xid for xid in self.prepared_transactions(root) if xid.endswith(f"_{run}".encode())]:
                assert time.monotonic() < deadline, f"{left} cannot be rolled back"
                for xid in left:
                    with contextlib.suppress(sql.Error):
                        self.ask(root, f"XA ROLLBACK X'{xid.hex()}'")
        for node in (self.cluster.primary(), self.alone.primary()):
            self.visit(node, roll_back)

    def kill(self, node):
        """By SIGKILL; it comes back at once."""
        node.kill()
        node.start()
        self.has_died |= node.name == self.cluster.primary().name
        self.primary = self.root(self.cluster.primary())
        self.replicas = [self.root(replica) for replica in self.cluster.replicas()]

    def visit(self, node, act):
        """act(a connection of root's); again, from its beginning, if the node is killed meanwhile and about to come back."""
        deadline = time.monotonic() + 60
        while True:
            try:
                with contextlib.closing(sql.connect_socket(node.socket)) as root:
                    return act(root)
            except sql.Error:
                if not self.kills or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def number(self):
        """Of the next session: no name of any other one's locks and XA transactions is the same."""
        return next(self.numbers)


class Lost(Exception):
    """A clear error told that a connection was killed: what the session had is gone."""


class Player:
    """Who has a place: a session on both sides, and when that has ended the next one."""

    def __init__(self, many_sessions, who, stack):
        self.many_sessions, self.who, self.stack = many_sessions, who, stack
        self.user, self.caps = session_scripts.USERS[who % 4 == 0], FORMS[who % len(FORMS)]
        self._arrive()

    def _arrive(self):
        self.run, self.said, self.has_xa = self.many_sessions.number(), 0, False
        self.story = []     # what the session has done so far
        self.through = self._side(self.many_sessions.headgate.wire)
        self.alone = self._side(lambda **options: direct(self.many_sessions.alone, **options))

    def _side(self, connect):
        def arrive():
            """A session's first act is a write: so it sees what others have written there before it."""
            client = connect(caps=self.caps, timeout=PATIENCE, user=self.user, password=PASSWORDS[self.user], schema=home(self.who))
            client.query("UPDATE epoch SET n = n + 1")
            return client
        for _ in range(20):
            try:
                return Side(arrive, self.stack, self.many_sessions.family, table=f"{home(self.who)}.t")
            except r.Err as error:
                self._must_be_loss(error)
                self.many_sessions.losses += 1
        raise AssertionError("nobody can log in")

    def turn(self, acts):
        """Some acts, one after the other. Raises Difference."""
        for act in acts:
            self.story.append(act)
            try:
                self._do(act)
            except Lost:
                self.many_sessions.losses += 1
                self._leave("quit", True)

    def _do(self, act):
        if act[0] == "leave":
            self._leave(*act[1:])
        elif act[0] == "become":
            self._become(act[1])
        else:
            self._say(in_home(act, self.who))

    def _leave(self, how, anew):
        for side in (self.through, self.alone):
            with contextlib.suppress(OSError):     # it may have been ended
                side.client.quit() if how == "quit" else side.client.close()
        self.end()
        if anew:
            self.many_sessions.furnish(self.who)
        self._arrive()

    def end(self):
        """What outlives a session is done away with."""
        if self.has_xa:
            self.many_sessions.end_prepared(self.run)

    def _become(self, user):
        """Allowed differences: it is a login anew: its OK is headgate's own, and tells of no schema; and there is no role, which
        MariaDB keeps.
        """
        self.user = user
        self._through(lambda: self.through.become(user, PASSWORDS[user], home(self.who)))
        self.alone.become(user, PASSWORDS[user], home(self.who))
        if self.many_sessions.family == "mariadb":
            self.alone.client.query("SET ROLE NONE")
            self.alone.settle()
        self.end()
        heard = [side.client.login_ok for side in (self.through, self.alone)]
        if len({(done.status & ~w.STATE_CHANGED, done.warnings) for done in heard}) > 1:
            raise Difference(-1, ("become", user), *heard)

    def _say(self, act):
        self.said += 1
        said = with_run(act, self.run, self.said)
        self.has_xa |= "xa " in str(said).lower()
        first, second = self._through(lambda: self.through.say(said)), self.alone.say(said)
        if is_by_design(first, second):
            self._refused(said)
            return
        try:
            packets, expected = self.through.compared(first, said), self.alone.compared(second, said)
        except Unsure:
            self.anew()
            return
        if packets != expected and not self._is_another_plan(packets, expected):
            raise Difference(-1, said, told(first, packets, expected), told(second, expected, packets))

    def _is_another_plan(self, packets, expected):
        """Allowed difference: a replica has not seen what was rolled back, a server that was killed begins anew: its statistics
        are others, and MySQL's plans with them.
        """
        if self.many_sessions.family != "mysql" or DIED in (packets, expected):
            return False
        return plain(packets) == plain(expected)

    def _through(self, act):
        """What act(), on the side of headgate, comes to. Raises Lost."""
        try:
            reply = act()
        except r.Err as error:
            self._must_be_loss(error)
            raise Lost from error
        except (w.WireError, OSError) as error:
            raise Difference(-1, "(a connection)", repr(error), "") from error
        errors = [self.through.heard, self.through.heard_before] if reply == DIED else [getattr(reply, "error", None)]
        if told_of := next(filter(is_loss, errors), None):
            self._must_be_loss(told_of)
            raise Lost
        return reply

    def _must_be_loss(self, error):
        """Only where somebody kills, and only these."""
        if not self.many_sessions.kills or not is_loss(error):
            raise Difference(-1, "(a session)", error, "") from error

    def _refused(self, said):
        """Not run: if it was a mere question the session goes on, else another one comes, and finds its tables as they were."""
        if isinstance(said, str) and ASKS_EARLIER.search(said) and not ASKS_MORE.search(said):
            self.many_sessions.unanswered += 1
            self._through(self.through.settle)
            self.alone.settle()
        else:
            self.anew()

    def anew(self):
        """Another session in its place, which finds its tables as they were."""
        self.many_sessions.restarts += 1
        self._leave("quit", True)


def plain(compared):
    """What Side.compared() has said, without plans."""
    caps, packets = compared
    return caps, [(packet[0], without_plan(packet[1])) if isinstance(packet, tuple) else packet for packet in packets]


def is_loss(error):
    return error is not None and error.code in LOST
