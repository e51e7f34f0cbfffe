"""The tour: commands a newcomer types, what they print, what to notice. Every claim is checked.

A claim that does not come true raises ClaimFailed: the demo then fails, it
never prints a sentence that was not so.
"""

import contextlib
import json
import os
import re
import subprocess
import threading
import time

import pymysql
from sandbox_lib import SandboxError, wait_for

from .screen import WIDTH
from .stage import BUILD, ROOT, USER

CLIENTS = 8
INSERTS = 120
READS = 400
READERS = 4  # while a replica is killed


class ClaimFailed(Exception):
    """Something that the tour promises did not happen."""


def check(claim, is_true, found):
    """Go on only if the claim is true; `found` is what was seen."""
    if not is_true:
        raise ClaimFailed(f"FAILED: {claim}\nfound:  {found}")


def quoted(word):
    """A word for a shell, in double quotes when it has blanks or single quotes (SQL does)."""
    if re.fullmatch(r"[\w@%+=:,./-]+", word):
        return word
    option, text = re.fullmatch(r"(--[a-z-]+=)?(.*)", word, re.DOTALL).groups()
    return (option or "") + '"' + re.sub(r'([\\"$`])', r"\\\1", text) + '"'


def typed(words):
    """A command line, broken where it would be wider than the screen."""
    lines, line = [], ""
    for word in map(quoted, words):
        width = len(line) + 1 + len(word.split("\n", maxsplit=1)[0])
        if line and width > WIDTH - 8:
            lines.append(line + " \\")
            line = "    " + word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


class Traffic:
    """Clients that read and write on their connections for as long as the `with` lasts."""

    def __init__(self, connect):
        self.connect = connect
        self.errors = []
        self.counts = [0] * (READERS + 1)
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(READERS + 1)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    @property
    def reads(self):
        return sum(self.counts[1:])

    @property
    def writes(self):
        return self.counts[0]

    def _run(self, number):
        sql = "SELECT page FROM visits WHERE id = 7" if number else "INSERT INTO visits (page) VALUES ('again')"
        try:
            with contextlib.closing(self.connect()) as client, client.cursor() as cursor:
                while not self.is_over.is_set():
                    cursor.execute(sql)
                    self.counts[number] += 1
        except pymysql.MySQLError as error:
            self.errors.append(error)

    def wait_for_more(self):
        """Until every client has had some more answers, or one an error."""
        had = list(self.counts)
        wait_for("every client to be answered", lambda: self.errors or all(
            now >= before + 20 for now, before in zip(self.counts, had)), 60)


class Tour:
    """The steps, on a stage, told on a screen."""

    def __init__(self, stage, screen):
        self.stage = stage
        self.screen = screen
        self.password = stage.cluster.password(USER)
        self.connection = ["-h127.0.0.1", f"-P{stage.port}", f"-u{USER}", f"-p{self.password}"]

    def run(self):
        steps = [self.cluster, self.status, self.writes, self.reads, self.monitoring, self.explain,
                 self.transaction, self.state, self.sessions, self.death, self.reload, self.doctor]
        for number, step in enumerate(steps, start=1):
            self.screen.step(number, step.__doc__.rstrip("."))
            step()

    # ---- doing what a user does ----

    def type(self, *words, shown=None):
        """Show a command, run it, show what it printed; returns that."""
        self.screen.command(typed(shown or words))
        environment = {**os.environ, "HEADGATE_SOCKET": self.stage.path("admin.sock"), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              env=environment, check=False)
        self.screen.result(done.stdout + done.stderr)
        check(f"`{words[0]}` succeeds", done.returncode == 0, f"exit status {done.returncode}")
        return done.stdout

    def client(self, *statements, options=()):
        """The mariadb command line; returns what it printed, as rows of cells."""
        sql = statements[0] if len(statements) == 1 else "".join(f"\n    {sql};" for sql in statements) + "\n"
        printed = self.type("mariadb", *self.connection, *options, "app", "-e", sql)
        return [line.split("\t") for line in printed.splitlines()]

    def slap(self, clients, queries, sql):
        """mariadb-slap: several clients at once."""
        words = ["mariadb-slap", *self.connection, "--no-drop", "--create-schema=app", f"--concurrency={clients}",
                 f"--number-of-queries={queries}", f"--query={sql}"]
        self.type(*words)

    def ctl(self, *words):
        """headgatectl, as typed and shown; its answer as data."""
        ctl = os.path.join(BUILD, "headgatectl")
        self.type(ctl, *words, shown=["build/headgatectl", *words])
        return self.stage.ask(*words)

    def counted(self, what, before, total):
        """How often each server ran `what` since `before`, once `total` have been counted, or some time passed."""
        column = ("SELECT", "INSERT").index(what)
        after = {}

        def all_are_there():
            after.update(self.stage.statements())
            return sum(after[name][column] - before[name][column] for name in after) >= total

        with contextlib.suppress(SandboxError):
            wait_for("the servers to count", all_are_there, 3)
        self.screen.say(f"What each server itself counted for the account '{USER}' ({self.stage.counted_in()}):")
        self.screen.result(f"server  role       before   after  {what}s\n" + "\n".join(
            f"{name}     {'primary' if name == self.primary else 'replica'}  {before[name][column]:>8}{now[column]:>8}"
            f"{now[column] - before[name][column]:>9}" for name, now in after.items()))
        return {name: now[column] - before[name][column] for name, now in after.items()}

    @property
    def primary(self):
        return self.stage.cluster.primary().name

    def node_with_id(self, server_id):
        """The name of the server that answered @@server_id."""
        return f"db{server_id}"

    # ---- the steps; their first lines are their heads ----

    def cluster(self):
        """A primary and two replicas: three real servers on this machine."""
        directory = self.stage.path("cluster")
        tool = os.path.join(ROOT, "tools", "sandbox")
        words = [directory, "status"]
        printed = subprocess.run([tool, *words], capture_output=True, text=True, timeout=30, check=True).stdout
        self.screen.command(typed(["tools/sandbox", *words]))
        self.screen.result("\n".join(line if len(line) <= WIDTH - 2 else line[:WIDTH - 5] + "..."
                                     for line in printed.splitlines()))
        replicas = self.stage.cluster.replicas()
        links = [node.replication() for node in replicas]
        check("both replicas replicate", all(link["io"] == link["sql"] == "Yes" for link in links), links)
        self.screen.notice("db1 takes writes; db2 and db3 copy them and are read-only. headgate is told three "
                           "addresses, and not which of them is the primary.")

    def status(self):
        """What headgate found out by itself."""
        self.screen.command("export HEADGATE_SOCKET=" + self.stage.path("admin.sock"))
        rows = self.ctl("show", "servers")
        found = {row["name"]: (row["role"], row["state"]) for row in rows}
        wanted = {node.name: (node.role_at_start, "up") for node in self.stage.cluster.nodes()}
        check("headgate knows every server's role, and that it is up", found == wanted, found)
        self.screen.notice("role and state come from asking the servers twice a second; if another one is promoted, "
                           "the roles here follow.")

    def writes(self):
        """Writes land on the primary."""
        self.client("CREATE TABLE visits (id INT AUTO_INCREMENT PRIMARY KEY, page VARCHAR(40))")
        before = self.stage.statements()
        self.slap(4, INSERTS, "INSERT INTO visits (page) VALUES ('home')")
        counts = self.counted("INSERT", before, INSERTS)
        wanted = {name: INSERTS if name == self.primary else 0 for name in counts}
        check("all inserts ran on the primary, none on a replica", counts == wanted, counts)
        self.stage.cluster.sync()
        copies = {node.name: node.value("SELECT COUNT(*) FROM app.visits") for node in self.stage.cluster.nodes()}
        check("the replicas have copied all rows", set(copies.values()) == {INSERTS}, copies)
        self.screen.notice(f"4 clients wrote through one port, the servers say where: all {INSERTS} on {self.primary}. "
                           "Replication then brought the rows to the others, which is not counted here.")

    def reads(self):
        """Reads spread over both replicas."""
        before = self.stage.statements()
        self.slap(CLIENTS, READS, "SELECT page FROM visits WHERE id = 7")
        counts = self.counted("SELECT", before, READS)
        replicas = [counts[node.name] for node in self.stage.cluster.replicas()]
        check("no read ran on the primary", counts[self.primary] == 0, counts)
        check("every read ran on a replica", sum(replicas) == READS, counts)
        check("both replicas took a good part of the reads", min(replicas) >= READS / 5, counts)
        self.screen.notice(f"{CLIENTS} clients, the same port as before: the primary saw none of {READS} reads. "
                           "A client keeps its replica; new ones go where there are fewest.")

    def monitoring(self):
        """Metrics, health, and a page to look at."""
        http = self.stage.http()
        ready = self.type("curl", "-sS", http + "/health/ready")
        check("headgate says that it can serve", json.loads(ready)["ready"], ready)
        self.screen.command(f"curl -sS {http}/metrics | grep ^headgate_server_commands_total")
        page = subprocess.run(["curl", "-sS", http + "/metrics"], capture_output=True, text=True, timeout=30,
                              check=True).stdout
        lines = [line for line in page.splitlines() if line.startswith("headgate_server_commands_total")]
        self.screen.result("\n".join(lines))
        counts = [float(line.split()[-1]) for line in lines]
        check("every server's commands are counted", len(counts) == 3 and min(counts) > 0, lines)
        self.screen.notice(f"Prometheus reads that page; people read {http}/ in a browser (make demo KEEP=1): "
                           "servers, lag, traffic, latencies, and what is wrong.")

    def explain(self):
        """Why a statement goes where it goes."""
        wanted = [("SELECT page FROM visits WHERE id = 7", "replica", "PLAIN", None),
                  ("SELECT page FROM visits WHERE id = 7 FOR UPDATE", "primary", "locking read", "UPDATE"),
                  ("SELECT price_of(page) FROM visits", "primary", "not known to be harmless", "price_of"),
                  ("SHOW WARNINGS", "previous", "previous statement", None)]
        for sql, place, words, culprit in wanted:
            row = self.ctl("explain", sql)[0]
            check(f"`{sql}` goes to: {place}", row["place"] == place, row)
            check(f"`{sql}`: the reason is given", words == "PLAIN" or words in row["statement"], row)
            check(f"`{sql}`: the word that decides is {culprit}", culprit in (None, row["culprit"]), row)
        self.screen.notice("nothing was run. What is not known to be a harmless read goes to the primary: price_of() "
                           "could be anybody's stored function.")

    def transaction(self):
        """A transaction stays together on the primary."""
        rows = self.client("SELECT 'before', @@server_id",
                           "BEGIN",
                           "SELECT 'inside', @@server_id",
                           "INSERT INTO visits (page) VALUES ('basket')",
                           "SELECT 'its own row', @@server_id FROM visits WHERE page = 'basket'",
                           "COMMIT",
                           "SELECT 'after', @@server_id", options=["-N"])
        seen = {row[0]: self.node_with_id(row[1]) for row in rows}
        replicas = [node.name for node in self.stage.cluster.replicas()]
        check("all four moments were seen", set(seen) == {"before", "inside", "its own row", "after"}, seen)
        check("outside the transaction reads run on a replica",
              seen["before"] in replicas and seen["after"] in replicas, seen)
        check("inside they run on the primary", seen["inside"] == seen["its own row"] == self.primary, seen)
        self.screen.notice(f"server_id 1 is {self.primary}: between BEGIN and COMMIT everything runs there, so the "
                           "transaction sees its own insert. Before and after, the same client reads from a replica.")

    def state(self):
        """A session keeps what it has set, wherever its statements run."""
        rows = self.client("SET time_zone = '+05:00'",
                           "USE app2",
                           "SELECT @@server_id AS ran_on, FROM_UNIXTIME(86400) AS one_day, DATABASE() AS in_schema")
        ran_on, day, schema = rows[-1]
        replicas = [node.name for node in self.stage.cluster.replicas()]
        check("the read ran on a replica", self.node_with_id(ran_on) in replicas, rows)
        check("with the session's time zone", day == "1970-01-02 05:00:00", rows)
        check("in the session's schema", schema == "app2", rows)
        self.screen.notice(f"SET and USE ran on {self.primary}; the read ran on db{ran_on}, which was told of both "
                           "before it.")

    def sessions(self):
        """Who is connected, and what holds whom."""
        self.screen.say("Meanwhile three clients are connected: one has only read, one has left a transaction open, "
                        "one has made a temporary table.")
        with contextlib.ExitStack() as stack:
            for statements in (["SELECT page FROM visits WHERE id = 7"],
                               ["BEGIN", "UPDATE visits SET page = 'start' WHERE id = 7"],
                               ["CREATE TEMPORARY TABLE basket (id INT)", "SELECT page FROM visits WHERE id = 7"]):
                client = stack.enter_context(contextlib.closing(self._connected()))
                with client.cursor() as cursor:
                    for sql in statements:
                        cursor.execute(sql)
            self._wait_for_sessions(3)
            rows = sorted(self.ctl("show", "sessions"), key=lambda row: row["id"])
        self._check_sessions(rows)
        self.screen.notice("the reader is the only one with a replica. The other two stay on the primary: one until "
                           "its transaction ends, one because its temporary table exists nowhere else.")

    def death(self):
        """A replica is killed under traffic, and nobody hears of it."""
        victim = self.stage.cluster.replicas()[0].name
        self.screen.say(f"{READERS} clients read without a pause, one writes, on connections that stay. Meanwhile:")
        with Traffic(self._connected) as traffic:
            traffic.wait_for_more()
            self._sandbox("kill", victim)
            traffic.wait_for_more()
            rows = self._wait_for_state(victim, ("down", "ejected"))
            self.screen.say(f"{traffic.reads} reads and {traffic.writes} writes so far. What headgate says of "
                            f"{victim} now:")
            self.screen.result(f"state   {rows['state']}\nreason  {rows['reason']}")
            self._sandbox("start", victim)
            self._wait_for_state(victim, ("up",))
            self._wait_for_reads(victim)
            traffic.wait_for_more()
        check("no client had an error", not traffic.errors, traffic.errors)
        events = self.ctl("show", "events")
        told = [event["is"].split()[0] for event in events if event["server"] == victim]
        check(f"{victim} went and came back, and both are told", told[-1] == "up" and {"down", "ejected"} & set(told), told)
        self.screen.notice(f"{traffic.reads} reads and {traffic.writes} writes, not one error: reads whose server died were run "
                           f"again on the other replica. {victim} came back by itself, and takes reads again.")

    def reload(self):
        """Another configuration while clients are busy."""
        self.screen.say("In headgate.conf consistency_wait becomes \"4s\", and so far nothing else does. What would that change?")
        self.stage.change_configuration('consistency_wait = "5s"', 'consistency_wait = "4s"')
        with Traffic(self._connected) as traffic:
            traffic.wait_for_more()
            announced = self.ctl("config", "diff")
            told = self.reloaded()
            traffic.wait_for_more()
        check("no client had an error", not traffic.errors, traffic.errors)
        check("the reload did what was announced", told == announced, (announced, told))
        check("it was one change, at once", [(row["was"], row["is"], row["takes_effect"]) for row in told]
              == [('"5s"', '"4s"', "now")], told)
        self.screen.notice("the whole file is checked first: all of it counts, or nothing does. SIGHUP does the same.")

    def reloaded(self):
        """Reload, as typed and shown; what was changed. (Asking twice would find nothing left to change.)"""
        self.screen.command("build/headgatectl reload")
        told = self.stage.ask("reload")
        self.screen.result("\n".join(f"{row['setting']}  {row['was']} -> {row['is']}  {row['takes_effect']}" for row in told))
        return told

    def doctor(self):
        """Is anything wrong with this cluster?"""
        words = [os.path.join(BUILD, "headgatectl"), "-s", self.stage.path("admin.sock"), "doctor"]
        self.screen.command("build/headgatectl doctor | cut -c 1-90 | grep -E 'check|read_only|replication|accounts'")

        def found():
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
            return done.stdout if done.returncode == 0 else None
        printed = wait_for("the doctor to find no error", found, 60)  # a busy machine may be slow to answer it
        shown = [line[:90].rstrip() for line in printed.splitlines() if re.search("check|read_only|replication|accounts", line)]
        self.screen.result("\n".join(shown))
        self.screen.notice(f"{len(printed.splitlines()) - 1} checks, none an error; what fails says what to do, and the exit "
                           "status is 1 then.")

    def _sandbox(self, verb, name):
        """tools/sandbox, as a user would."""
        words = [self.stage.path("cluster"), verb, name]
        self.screen.command(typed(["tools/sandbox", *words]))
        subprocess.run([os.path.join(ROOT, "tools", "sandbox"), *words], stdin=subprocess.DEVNULL, capture_output=True,
                       text=True, timeout=90, check=True)

    def _wait_for_state(self, name, states):
        """The row of `show servers`, once the server is in one of these states."""
        def row():
            found, = [row for row in self.stage.ask("show", "servers") if row["name"] == name]
            return found if found["state"] in states else None
        return wait_for(f"{name} to be {' or '.join(states)}", row, 60)

    def _wait_for_reads(self, name):
        """Until the server has answered statements of new clients."""
        before = self.stage.ask("show", "servers")
        had = {row["name"]: row["queries"] for row in before}[name]

        def has_more():
            with contextlib.closing(self._connected()) as client, client.cursor() as cursor:
                cursor.execute("SELECT page FROM visits WHERE id = 7")
            now = {row["name"]: row["queries"] for row in self.stage.ask("show", "servers")}
            return now[name] > had
        wait_for(f"{name} to take reads again", has_more, 60)

    def _check_sessions(self, rows):
        reader = [row for row in rows if row["replica"]]
        writer = [row for row in rows if row["in_transaction"] == "yes"]
        pinned = [row for row in rows if row["pins"] and row["in_transaction"] == "no"]
        check("there are three sessions", len(rows) == 3, rows)
        check("only the reader is attached to a replica", len(reader) == 1, rows)
        check("one session is in a transaction", len(writer) == 1, rows)
        check("one session is pinned, and the reason is given", len(pinned) == 1, rows)
        check("these are three different ones",
              len({row["id"] for row in (*reader, *writer, *pinned)}) == 3, rows)

    def _connected(self):
        return pymysql.connect(host="127.0.0.1", port=self.stage.port, user=USER, password=self.password,
                               database="app", autocommit=True, connect_timeout=10, read_timeout=20)

    def _wait_for_sessions(self, count):
        """Those of the steps before end when headgate hears of it: a moment after their clients."""
        wait_for("the earlier clients to be gone",
                 lambda: len(self.stage.ask("show", "sessions")) == count and time.time(), 5)
