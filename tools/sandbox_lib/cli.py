"""The command line of tools/sandbox."""

import argparse
import json
import sys

from . import flavour
from .cluster import Cluster
from .errors import SandboxError
from .status import as_table, cluster_status

EPILOG = """\
A sandbox is a primary (db1) and replicas (db2, db3, ...) on loopback with free
ports. DIR/cluster.json describes it: ports, sockets, logs, accounts.

  tools/sandbox /tmp/s start                      MariaDB as Debian has it, 2 replicas
  tools/sandbox /tmp/s start --flavour mysql      MySQL 9; fetched at the first use
  tools/sandbox /tmp/s start --option wait_timeout=9   a line of configuration more
  tools/sandbox /tmp/s sql db1 'CREATE TABLE app.t (id INT PRIMARY KEY)'
  tools/sandbox /tmp/s kill db1                   SIGKILL
  tools/sandbox /tmp/s promote db2                switch over by hand
  tools/sandbox /tmp/s start db1                  comes back as a replica of db2
  eval "$(tools/sandbox /tmp/s env)"; echo $PRIMARY_PORT
  tools/sandbox /tmp/s stop                       data stays; `start` goes on with it

Accounts: app/app_pw and other/other_pw own the schemas app, app2, test, sbtest;
monitor/monitor_pw and repl/repl_pw are what their names say; root by socket only.

Fetched servers and initialised data directories are kept in $HEADGATE_CACHE
(default ~/.cache/headgate); removing that folder is safe while no sandbox runs. As root, the
servers run as the account mysql where it can reach both the cache and DIR.
"""


def main(arguments=None):
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except SandboxError as e:
        print(f"sandbox: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as e:  # the server's own words are the message
        if not type(e).__module__.startswith("pymysql"):
            raise
        print(f"sandbox: {options.command}: the server answered {e.args}", file=sys.stderr)
        return 1
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="sandbox", description="A real MySQL or MariaDB cluster in a folder.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", metavar="DIR", help="the sandbox's folder")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = _adder(commands)
    start = add("start", _start, "start a sandbox, or a node that was killed")
    start.add_argument("node", nargs="?", metavar="NODE")
    start.add_argument("--flavour", choices=flavour.NAMES, default=None)
    start.add_argument("--replicas", type=int, default=2, metavar="N", help="default 2")
    start.add_argument("--option", action="append", default=[], metavar="NAME=VALUE",
                       help="a further line for the servers' configuration")
    start.add_argument("--no-rejoin", action="store_true",
                       help="with NODE: do not make it follow the present primary")
    add("stop", lambda o: Cluster.open(o.directory).stop(), "end all servers, keep their data")
    add("destroy", lambda o: Cluster.open(o.directory).destroy(),
        "end all servers at once and remove the folder")
    status = add("status", _status, "every node's process, role and replication")
    status.add_argument("--json", action="store_true")
    add("env", _env, "shell exports: PRIMARY_PORT, DB1_PORT, DB1_SOCKET, ...")
    for name, text in _NODE_COMMANDS.items():
        add(name, _on_node, text).add_argument("node", metavar="NODE")
    lag = add("lag", lambda o: Cluster.open(o.directory).lag(o.node, o.seconds),
              "let a replica apply everything late (0 = off)")
    lag.add_argument("node", metavar="NODE")
    lag.add_argument("seconds", type=int, metavar="SECONDS")
    query = add("sql", _sql, "run SQL and print rows, tab-separated")
    query.add_argument("node", metavar="NODE")
    query.add_argument("text", metavar="SQL", help="- reads it from standard input")
    query.add_argument("--user", default="root", help="default root; all go by the socket")
    return parser


def _adder(commands):
    def add(name, run, text):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command
    return add


_NODE_COMMANDS = {
    "kill": "end a node with SIGKILL",
    "pause": "stop a node with SIGSTOP: it accepts connections and answers nothing",
    "resume": "let a paused node go on",
    "promote": "make a node the primary, demote the old one, re-point the rest",
    "rejoin": "make a node follow the present primary, read-only",
    "partition": "let every TCP packet to and from a node vanish (needs root and nft)",
    "heal": "end a partition",
}


def _on_node(options):
    cluster = Cluster.open(options.directory)
    if options.command in ("kill", "pause", "resume"):
        getattr(cluster.node(options.node), options.command)()
    else:
        getattr(cluster, options.command)(options.node)


def _start(options):
    if options.node:
        if options.flavour:
            raise SandboxError("--flavour is for a whole sandbox, not for one node")
        Cluster.open(options.directory).start_node(options.node, not options.no_rejoin)
        return
    if options.replicas < 0:
        raise SandboxError(f"--replicas {options.replicas}: cannot be negative")
    extra = dict(pair.split("=", 1) if "=" in pair else (pair, "1") for pair in options.option)
    cluster = Cluster.start(options.directory, options.flavour, options.replicas, options=extra)
    print(as_table(cluster_status(cluster)))


def _status(options):
    status = cluster_status(Cluster.open(options.directory))
    print(json.dumps(status, indent=2) if options.json else as_table(status))


def _env(options):
    cluster = Cluster.open(options.directory)
    primary = cluster.primary()
    values = {"SANDBOX_DIR": cluster.directory, "SANDBOX_FLAVOUR": cluster.flavour_name,
              "PRIMARY": primary.name, "PRIMARY_HOST": primary.host,
              "PRIMARY_PORT": primary.port, "PRIMARY_SOCKET": primary.socket,
              "REPLICA_PORTS": " ".join(str(node.port) for node in cluster.replicas())}
    for node in cluster.nodes():
        values[f"{node.name.upper()}_PORT"] = node.port
        values[f"{node.name.upper()}_SOCKET"] = node.socket
    for key, value in values.items():
        quoted = str(value).replace("'", "'\\''")
        print(f"export {key}='{quoted}'")


def _sql(options):
    text = sys.stdin.read() if options.text == "-" else options.text
    results = Cluster.open(options.directory).node(options.node).results(text, options.user)
    for columns, rows in results:
        if columns:
            print("\t".join(columns))
            for row in rows:
                print("\t".join(_cell(value) for value in row))


def _cell(value):
    """A value as the servers' own clients print it in batch mode."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="backslashreplace")
    text = str(value).replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n")
