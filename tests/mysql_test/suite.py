"""MariaDB's own mysql-test (Debian's mariadb-test) against servers that run already: directly, or through headgate.

A place to run tests is a fresh sandbox (Direct), or a fresh sandbox with headgate in front (Through); `run` plays tests there
with mariadb-test-run's --extern and returns what became of each.
"""

import contextlib
import functools
import glob
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
for folder in (os.path.join(ROOT, "tests", "live"), os.path.join(ROOT, "tests", "wire"), os.path.join(ROOT, "tools")):
    if folder not in sys.path:
        sys.path.insert(0, folder)

import scratch  # noqa: E402
from headgate import Headgate  # noqa: E402
from sandbox_lib import Cluster  # noqa: E402

HOME = "/usr/share/mysql/mysql-test"
PROTOCOLS = {"plain": [], "ps": ["--ps-protocol"], "cursor": ["--cursor-protocol"],
             "ps+cursor": ["--ps-protocol", "--cursor-protocol"]}

# What mariadb-test-run gives its own servers (include/default_mysqld.cnf), as far as tests depend on it; and names instead of
# addresses, so that root at 127.0.0.1 is root@localhost, as the tests expect.
SERVER_OPTIONS = {
    "character_set_server": "latin1", "skip_name_resolve": "0", "log_bin_trust_function_creators": "1",
    "default_storage_engine": "myisam", "use_stat_tables": "preferably", "histogram_type": "json_hb",
    "key_buffer_size": "1M", "sort_buffer_size": "256K", "max_heap_table_size": "1M", "max_allowed_packet": "16M",
    "gtid_strict_mode": "0", "innodb_flush_log_at_trx_commit": "2",
}
NEEDS_OPTIONS = (".opt", "-master.opt", "-slave.opt", ".cnf", "-master.sh")
RESULT = re.compile(r"^main\.(\S+)(?: '[^']*')?\s+(?:w\d+ )?\[ (pass|fail|skipped|disabled|retry-\w+) \]")


class Place:
    """A fresh cluster on which tests run; `socket` is where they connect, `folder` where they find and leave files, `home` where
    the tests are. `connections`: what the server has at least while a test runs."""

    connections = 1

    def __init__(self, replicas):
        self.replicas = replicas
        self.stack = contextlib.ExitStack()
        self.cluster = self.socket = self.folder = self.home = None

    def __enter__(self):
        with self.stack:
            self.folder = scratch.folder()
            self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            os.chmod(self.folder, 0o777)
            self.home = link_tests(self.folder, self.connections)
            for name in ("var", "var/log"):  # var/std_data and others are ../../std_data, seen from a server's data
                os.mkdir(f"{self.folder}/{name}")
                os.chmod(f"{self.folder}/{name}", 0o777)
            self.cluster = Cluster.start(f"{self.folder}/var/servers", flavour="mariadb", replicas=self.replicas,
                                         die_with_parent=True, options=SERVER_OPTIONS)
            self.stack.callback(self.cluster.destroy)
            prepare(self.cluster.node("db1"))
            self.socket = self.open()
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *exception):
        self.stack.close()


class Direct(Place):
    def __init__(self):
        super().__init__(0)

    def open(self):
        return self.cluster.node("db1").socket


class Through(Place):
    """headgate in front of a server, or of a primary and `replicas`: then every read is as new as the last write."""

    headgate = None
    connections = 2  # one is the monitor's

    def __init__(self, replicas=0):
        super().__init__(replicas)

    def open(self):
        self.cluster.sync()
        self.headgate = self.stack.enter_context(Headgate(
            self.cluster, listeners=({"name": "split", "mode": "split", "kind": "unix"},), users=accounts(),
            server_settings={"compression": "zlib"},  # a test asks for SHOW STATUS LIKE "Compression"
            cluster_settings={"consistency": "strong"}, timeouts={"server_idle": "1s"}))  # tests count the server's connections
        return self.headgate.address["split"]


def link_tests(folder, connections):
    """{folder}/usr: all of /usr by links, but for the tests' wait until the server has few connections: these at least it has.

    Returns where mariadb-test-run is to be run.
    """
    path, condition = "usr", "$current_sessions <= $count_sessions`"
    for inner in ("share", "mysql", "mysql-test", "include", "wait_until_count_sessions.inc"):
        os.mkdir(f"{folder}/{path}")
        for name in os.listdir(f"/{path}"):
            if name != inner:
                os.symlink(f"/{path}/{name}", f"{folder}/{path}/{name}")
        path = f"{path}/{inner}"
    with open(f"/{path}", encoding="latin1") as file:
        text = file.read()
    assert condition in text
    with open(f"{folder}/{path}", "w", encoding="latin1") as file:
        file.write(text.replace(condition, f"$current_sessions <= GREATEST($count_sessions, {connections})`"))
    return f"{folder}/usr/share/mysql/mysql-test"


def prepare(node):
    """root by its empty password, the schemas test and mtr as mariadb-test-run makes them, none of the sandbox's own."""
    node.sql("ALTER USER root@localhost IDENTIFIED VIA mysql_native_password USING ''")
    node.sql("GRANT PROXY ON ''@'%' TO root@localhost WITH GRANT OPTION")
    node.sql("DROP DATABASE app; DROP DATABASE app2; DROP DATABASE sbtest; DROP USER app@'%'; DROP USER other@'%'")
    node.sql("DROP DATABASE test; CREATE DATABASE test CHARACTER SET latin1 COLLATE latin1_swedish_ci")
    node.sql("CREATE DATABASE mtr CHARACTER SET latin1")
    for schema, script in (("mtr", f"{HOME}/include/mtr_warnings.sql"), ("mtr", f"{HOME}/include/mtr_check.sql"),
                           ("mysql", "/usr/share/mysql/mysql_test_data_timezone.sql")):
        with open(script, encoding="latin1") as f:  # in the language of mariadb-test: its comments are not all SQL's
            text = re.sub(r"^delimiter (\S+?);?$", r"delimiter \1", re.sub(r"(?m)^\s*--.*$", "", f.read()), flags=re.MULTILINE)
        done = subprocess.run(["mariadb", "--no-defaults", "-uroot", "-S", node.socket, schema], input=text, timeout=60,
                              encoding="latin1", capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


@functools.cache
def accounts():
    """{name: password} of those whom the tests log in as: to headgate an account must be known before."""
    found = {"root": ""}
    word = r"[ \t'\"`]*([^,'\"`;)\n]*?)[ \t'\"`]*"
    connect = re.compile(rf"^[ \t]*-*[ \t]*connect[ \t(]+{word},{word},{word}(?:,{word})?[,);]", re.MULTILINE | re.IGNORECASE)
    change = re.compile(rf"^[ \t]*-*[ \t]*change_user[ \t]+{word}(?:,{word})?(?:,.*)?;?$", re.MULTILINE | re.IGNORECASE)
    program = re.compile(r"^[ \t]*-*[ \t]*exec .*?--user=([^\s\"';]+)(?:.*?--password=([^\s\"';]+))?", re.MULTILINE)
    for path in glob.glob(os.path.join(HOME, "main", "*.test")) + glob.glob(os.path.join(HOME, "include", "*.inc")):
        with open(path, encoding="utf-8", errors="replace") as f:
            text = f.read()
        for match in connect.finditer(text):
            note(found, match[3], match[4])
        for match in (*change.finditer(text), *program.finditer(text)):
            note(found, match[1], match[2])
    return found


def note(found, name, password):
    """An account, unless it is a variable's, or in another character set."""
    if name and len(name) <= 80 and not any(c in name + (password or "") for c in "$\ufffd"):
        found.setdefault(name, password or "")


def names():
    """The tests of the suite main that bring no options for the server: one that runs already cannot be given any.

    Without those that say by their names that they take minutes.
    """
    def needs_options(test):
        return any(os.path.exists(os.path.join(HOME, "main", test + end)) for end in NEEDS_OPTIONS)
    found = (os.path.basename(path)[:-len(".test")] for path in glob.glob(os.path.join(HOME, "main", "*.test")))
    return sorted(test for test in found if not needs_options(test) and not test.endswith("-big"))


def rows():
    """[(protocols, test, reason)] of differs.tsv."""
    with open(os.path.join(HERE, "differs.tsv"), encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]


def listed(protocol):
    """{test: reason} of those that differ by this protocol."""
    return {test: reason for protocols, test, reason in rows() if protocols == "all" or protocol in protocols.split(",")}


def run(place_type, protocol, tests, on_failure=lambda test, text: None):
    """{test: "pass" | "fail" | "skipped" | …}. After each failure the others go on in a fresh place."""
    found, left = {}, list(tests)
    while left:
        with place_type() as place:
            text = run_until_failure(place, protocol, left)
            told = {match[1]: match[2] for match in map(RESULT.match, text.splitlines()) if match}
            assert told, f"mariadb-test-run ran nothing:\n{text[-3000:]}"
            found.update(told)
            for test, result in told.items():
                if result == "fail":
                    on_failure(test, text)
        left = [test for test in left if test not in told] if "fail" in told.values() else []
    return found


def run_until_failure(place, protocol, tests):
    """What mariadb-test-run says."""
    command = ["perl", os.path.join(place.home, "mariadb-test-run.pl"), f"--extern=socket={place.socket}", "--extern=user=root",
               "--retry=0", "--suite=main", "--testcase-timeout=2", "--suite-timeout=300", f"--vardir={place.folder}/var",
               "--nocheck-testcases", "--nowarnings", *PROTOCOLS[protocol], *tests]
    log = os.path.join(place.folder, "log")
    with open(log, "wb") as out:
        subprocess.run(command, cwd=place.home, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                       timeout=300 * 60, umask=0, check=False, **place.cluster.account().spawn_options())
    with open(log, encoding="utf-8", errors="replace") as f:
        return f.read()
