"""A real cluster with headgate in front, in one temporary folder: started, asked, stopped.

    DIR/demo.json       headgate's process and port, for `tools/demo --stop DIR`
    DIR/headgate.conf   the configuration, and headgate.log what headgate says
    DIR/admin.sock      where headgatectl asks
    DIR/cluster/        the servers, as tools/sandbox keeps them
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time

from sandbox_lib import DURABLE, Cluster, SandboxError, process, wait_for
from sandbox_lib.ports import pick_port

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(ROOT, "build")
SOCKET_PATH_MAX = 107  # bytes: sun_path without its end
PORT_TRIES = 5
USER = "app"

CONFIGURATION = """\
# Three servers, one door. Which of the servers is the primary is not said here: headgate asks them.
admin: {{ socket = "{directory}/admin.sock"; }};
http:  {{ address = "127.0.0.1:0"; }};   # any free port: the log says which

listeners = (
    {{ name = "app"; address = "127.0.0.1:{port}"; cluster = "main"; mode = "split"; }}
);

clusters = (
    {{ name = "main";
      # Read your own writes, on a replica: so long a read waits for one to catch up before it goes to the primary.
      consistency_wait = "5s";
      monitor: {{ user = "monitor"; password = "{monitor_password}"; interval = "500ms"; }};
      servers = (
{servers}
      );
    }}
);

users = ( {{ name = "{user}"; password = "{user_password}"; }} );
"""


class Stage:
    """A running cluster and headgate."""

    def __init__(self, directory, is_kept):
        self.directory = directory
        self.is_kept = is_kept
        self.cluster = None
        self.headgate = None  # (pid, start time)
        self.port = None

    # ---- making and unmaking ----

    @classmethod
    def make_folder(cls, is_kept):
        """A stage that has a folder, and nothing in it."""
        directory = tempfile.mkdtemp(prefix="headgate-demo-")
        if len(os.path.join(directory, "admin.sock")) > SOCKET_PATH_MAX:
            os.rmdir(directory)
            directory = tempfile.mkdtemp(prefix="headgate-demo-", dir="/tmp")
        os.chmod(directory, 0o755)  # the servers may run as another account
        return cls(directory, is_kept)

    @classmethod
    def open(cls, directory):
        """A stage that an earlier run has left."""
        stage = cls(os.path.realpath(directory), is_kept=True)
        try:
            with open(stage.path("demo.json"), encoding="utf-8") as file:
                facts = json.load(file)
        except FileNotFoundError:
            raise SandboxError(f"no demo in {stage.directory}: demo.json is missing there") from None
        stage.headgate, stage.port = tuple(facts["headgate"]), facts["port"]
        if os.path.exists(os.path.join(stage.path("cluster"), "cluster.json")):
            stage.cluster = Cluster.open(stage.path("cluster"))
        return stage

    def path(self, name):
        return os.path.join(self.directory, name)

    def start_cluster(self, flavour):
        options = dict(DURABLE)  # a replica is killed, and is to replicate afterwards
        if flavour.startswith("mariadb"):
            options["userstat"] = "1"
        self.cluster = Cluster.start(self.path("cluster"), flavour, replicas=2,
                                     die_with_parent=not self.is_kept, options=options)

    def start_headgate(self):
        """Start it on a free port, and wait until it knows every server's role."""
        for attempt in range(1, PORT_TRIES + 1):
            taken = [node.port for node in self.cluster.nodes()]
            self.port = pick_port(taken)
            self._write_configuration()
            self.headgate = process.spawn([os.path.join(BUILD, "headgate"), "-c", self.path("headgate.conf")],
                                          self.path("headgate.log"), die_with_parent=not self.is_kept)
            self._write_facts()
            try:
                wait_for("headgate to know every server's role", self._knows_roles, 20)
                return
            except _Ended:
                if attempt == PORT_TRIES or "in use" not in self.log_tail():
                    raise SandboxError("headgate ended while starting") from None

    def change_configuration(self, before, after):
        """Say something else in the file; headgate goes on as it is."""
        with open(self.path("headgate.conf"), encoding="utf-8") as file:
            text = file.read()
        if text.count(before) != 1:
            raise SandboxError(f"headgate.conf says {text.count(before)} times {before!r}")
        with open(self.path("headgate.conf"), "w", encoding="utf-8") as file:
            file.write(text.replace(before, after))

    def _write_configuration(self):
        servers = ",\n".join(f'        {{ name = "{node.name}"; address = "{node.host}:{node.port}"; }}'
                             for node in self.cluster.nodes())
        text = CONFIGURATION.format(directory=self.directory, port=self.port, servers=servers, user=USER,
                                    user_password=self.cluster.password(USER),
                                    monitor_password=self.cluster.password("monitor"))
        with open(os.open(self.path("headgate.conf"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                  encoding="utf-8") as file:
            file.write(text)

    def _write_facts(self):
        with open(self.path("demo.json"), "w", encoding="utf-8") as file:
            json.dump({"headgate": self.headgate, "port": self.port}, file)

    def _knows_roles(self):
        if process.state(*self.headgate) == "dead":
            raise _Ended()
        rows = self.ask("show", "servers", quiet=True) or []
        wanted = {node.name: node.role_at_start for node in self.cluster.nodes()}
        return {row["name"]: row["role"] for row in rows} == wanted

    def stop(self):
        """End headgate and the servers, remove the folder."""
        if self.headgate is not None:
            process.end_all([self.headgate], grace=5)
        if self.cluster is None and os.path.exists(os.path.join(self.path("cluster"), "cluster.json")):
            self.cluster = Cluster.open(self.path("cluster"))
        if self.cluster is not None:
            self.cluster.destroy()
        shutil.rmtree(self.directory)

    # ---- asking ----

    def ask(self, *words, quiet=False):
        """headgatectl's answer as data; with `quiet`, None when there is none yet."""
        done = subprocess.run([os.path.join(BUILD, "headgatectl"), "-s", self.path("admin.sock"), "--json", *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
        if done.returncode != 0:
            if quiet:
                return None
            raise SandboxError(f"headgatectl {' '.join(words)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def http(self):
        """Where the status page is."""
        with open(self.path("headgate.log"), encoding="utf-8", errors="replace") as file:
            return re.search(r"are at (http://[0-9.:]+)", file.read()).group(1)

    def log_tail(self, lines=15):
        """The end of headgate's log."""
        try:
            with open(self.path("headgate.log"), encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except FileNotFoundError:
            return ""

    def counted_in(self):
        """The table that statements() reads."""
        if self.cluster.family == "mariadb":
            return "information_schema.USER_STATISTICS"
        return "performance_schema.events_statements_summary_by_user_by_event_name"

    def statements(self):
        """What each server has counted for the application's account alone: {node: (reads, inserts)}.

        Com_select and Com_insert would count headgate's probes and what
        replication applies as well. A server counts a moment after it has
        answered: looked at until nothing changes.
        """
        last, now = None, self._statements_now()
        while now != last:
            time.sleep(0.03)
            last, now = now, self._statements_now()
        return now

    def _statements_now(self):
        return {node.name: self._statements(node) for node in self.cluster.nodes()}

    def _statements(self, node):
        if self.cluster.family == "mariadb":
            rows = node.sql(f"SELECT SELECT_COMMANDS, UPDATE_COMMANDS FROM {self.counted_in()} WHERE USER = '{USER}'")
            return tuple(int(count) for count in rows[0]) if rows else (0, 0)
        rows = node.sql(f"SELECT EVENT_NAME, COUNT_STAR FROM {self.counted_in()} WHERE USER = '{USER}'")
        counts = {name: int(count) for name, count in rows}
        return counts.get("statement/sql/select", 0), counts.get("statement/sql/insert", 0)


class _Ended(Exception):
    """headgate's process is gone."""
