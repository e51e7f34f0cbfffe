"""A scripted database server: a thread per connection, on a port of the kernel's choice or a unix socket.

    server = FakeServer("db1", role="primary")
    server.on("SELECT a FROM t", lambda c, payload: c.reply(result(c.caps, [("a", LONG)], [[1]])))

What the script does not know it answers as a dull but correct server would, so that a proxy's probes and settings find
their way: SELECT @@…, SHOW … STATUS, SET, USE, BEGIN. `connections` holds every connection with all it was sent.
"""

import contextlib
import re
import socket
import threading
import time
from dataclasses import dataclass

import attributes as a
import mysqlwire as w
import replies as r
from client import SSL_REQUEST_BYTES
from compressed_socket import ALGORITHMS, PACK
from handshake import Greeting, Response, native_token, parse_change_user
from tls_socket import TlsServerSocket

NONCE = b"abcdefghijklmnopqrst"
CAPS = (w.BASE_CAPS | w.FOUND_ROWS | w.CONNECT_WITH_DB | w.LOCAL_FILES | w.IGNORE_SPACE | w.INTERACTIVE
        | w.MULTI_STATEMENTS | w.MULTI_RESULTS | w.PS_MULTI_RESULTS | w.SESSION_TRACK | w.DEPRECATE_EOF
        | w.BULK_OPERATIONS | w.EXTENDED_METADATA)
ACCOUNTS = {b"app": b"app_pw", b"other": b"other_pw", b"monitor": b"monitor_pw"}


CHECKUP_COLLATION = 33  # what headgate logs in with for itself; clients in these tests have others


@dataclass
class Command:
    """One command as it arrived."""
    at: float
    byte: int
    body: bytes           # of a query: its text
    headers: list
    attributes: list = ()  # of a query, where they were agreed: (name, value) as on the wire

    def sql(self):
        return self.body.decode(errors="replace")


class Connection:
    """One client of the server, as scripts see it."""

    def __init__(self, server, sock, number):
        self.server, self.number = server, number
        self.pipe = w.Pipe(sock, timeout=60)
        self.caps = 0
        self.user = b""
        self.schema = b""
        self.response = None
        self.status = w.AUTOCOMMIT
        self.tls = None          # a TlsServerSocket, if it speaks TLS
        self.packed = None       # the name of the algorithm, if it compresses
        self.commands = []
        self.statements = {}
        self.open_statements = set()
        self.next_statement = server.first_statement_id
        self.is_closed = threading.Event()

    # ---- what scripts use ----

    def reply(self, payloads):
        """Send packets numbered on from the command."""
        self.pipe.send_packets(payloads)

    def ok(self, **fields):
        fields.setdefault("status", self.status)
        self.reply([r.ok(self.caps, **fields)])

    def error(self, code, message, state="HY000"):
        self.reply([r.err(code, message, state)])

    def close(self):
        try:
            self.pipe.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.pipe.close()

    def sqls(self):
        return [c.sql() for c in self.commands if c.byte == w.QUERY]

    # ---- its life ----

    def run(self):
        try:
            if self.log_in():
                while self.one_command():
                    pass
        except (OSError, w.WireError) as error:
            self.server.log.append((self.number, repr(error)))
        finally:
            self.close()
            self.is_closed.set()

    def log_in(self):
        if self.server.on_connect:
            if self.server.on_connect(self) is False:
                return False
        self.pipe.send_packet(self.server.greeting(self.number).payload(), seq=0)
        payload = self.pipe.read_packet()
        if self.server.tls and len(payload) == SSL_REQUEST_BYTES:
            self.pipe.sock = self.tls = TlsServerSocket(self.pipe.sock, self.server.tls, bytes(self.pipe._pending))
            self.pipe._pending.clear()
            payload = self.pipe.read_packet()
        self.response = Response.parse(payload)
        self.user, self.schema = self.response.user, self.response.schema
        self.caps = self.response.caps & self.server.caps
        password = ACCOUNTS.get(self.user)
        if password is None or native_token(password, NONCE) != self.response.token:
            self.reply([r.err(1045, "Access denied", "28000")])
            return False
        if self.schema in self.server.refused_schemas:
            code, message = self.server.refused_schemas[self.schema]
            self.reply([r.err(code, message, "42000")])
            return False
        if self.response.collation == CHECKUP_COLLATION:
            self.user = b"monitor"  # headgate asks what the account may do: no client's connection
        if self.server.on_login and self.user != b"monitor":
            if self.server.on_login(self) is False:
                return False
        self.ok(**({"info": self.server.proof(self)} if self.server.proof else {}))
        for name, algorithm in ALGORITHMS.items():
            if self.caps & algorithm.caps:
                self.packed = name
                self.pipe.pack(name)
                break
        return True

    def one_command(self):
        self.pipe.restart()
        try:
            payload = self.pipe.read_packet()
        except w.Closed:
            return False
        command = Command(time.monotonic(), payload[0] if payload else -1, payload[1:], self.pipe.headers)
        if command.byte == w.QUERY and self.caps & w.QUERY_ATTRIBUTES:
            command.attributes, command.body = a.split(command.body)
            payload = payload[:1] + command.body
        self.commands.append(command)
        self.server.arrived(self, command)
        if command.byte == w.QUIT:
            return False
        script = self.server.script_for(self, command)
        if script:
            return script(self, payload) is not False
        return self.by_itself(payload)

    # ---- answers of a dull server ----

    def by_itself(self, payload):
        byte, body = payload[0] if payload else -1, payload[1:]
        if byte == w.QUERY:
            self.query(body.decode(errors="replace"))
        elif byte == w.PREPARE:
            self.prepare(body)
        elif byte == w.CLOSE:
            self.open_statements.discard(int.from_bytes(body[:4], "little"))
        elif byte == w.LONG_DATA:
            pass
        elif byte in (w.EXECUTE, w.RESET, w.FETCH, w.BULK_EXECUTE):
            self.statement(byte, body)
        elif byte == w.INIT_DB:
            self.init_db(body)
        elif byte == w.STATISTICS:
            self.reply([b"Uptime: 1  Threads: 1"])
        elif byte == w.FIELD_LIST:
            self.reply([r.column(self.caps, "a") + b"\xfb", r.end_of_rows(self.caps, self.status)])
        elif byte in (w.SET_OPTION, w.DEBUG):
            self.reply([r.end_of_rows(self.caps, self.status)])
        elif byte == w.RESET_CONNECTION:
            self.status = w.AUTOCOMMIT
            self.open_statements.clear()
            self.ok()
        elif byte == w.CHANGE_USER:
            return self.change_user(payload)
        elif byte in (w.PING, w.PROCESS_KILL):
            self.ok()
        else:
            self.error(1047, "Unknown command", "08S01")
        return True

    def init_db(self, schema):
        if schema in self.server.refused_schemas:
            code, message = self.server.refused_schemas[schema]
            self.error(code, message, "42000")
            return
        self.schema = schema
        self.ok(session=r.tracked_schema(schema))

    def change_user(self, payload):
        """Logs in anew; false, and closed, where that is refused, as MySQL does."""
        user, token, schema, collation, attributes = parse_change_user(payload)
        password = ACCOUNTS.get(user)
        if password is None or native_token(password, NONCE) != token:
            self.error(1045, "Access denied", "28000")
            return False
        if schema in self.server.refused_schemas:
            self.error(*self.server.refused_schemas[schema], "42000")
            return False
        self.user, self.schema, self.collation, self.attributes = user, schema, collation, attributes
        self.status = w.AUTOCOMMIT
        self.open_statements.clear()
        self.ok()
        return True

    def prepare(self, sql):
        params, columns = self.server.prepared.get(sql.decode(errors="replace"), (sql.count(b"?"), []))
        statement_id, self.next_statement = self.next_statement, self.next_statement + 7
        self.statements[statement_id] = sql
        self.open_statements.add(statement_id)
        self.reply(r.prepared(self.caps, statement_id, params, columns))

    def statement_id(self, body):
        """The one that a command means; MariaDB's -1 is the one prepared last."""
        named = int.from_bytes(body[:4], "little")
        return max(self.statements, default=named) if named == 0xFFFFFFFF else named

    def statement(self, byte, body):
        statement_id = self.statement_id(body)
        if statement_id not in self.open_statements:
            self.error(1243, f"Unknown prepared statement handler ({statement_id}) given to mysqld_stmt")
        else:
            self.ok(insert_id=statement_id if byte == w.EXECUTE else 0)

    def query(self, sql):
        plain = re.sub(r"\s+", " ", sql).strip().rstrip(";")
        upper = plain.upper()
        if self.server.on_accounts and "mysql.global_priv" in plain:
            self.server.on_accounts(self, plain)
        elif upper.startswith("SELECT") and "@@" in plain:
            self.reply(self.server.variables(self.caps, plain, self.status))
        elif upper.startswith("SELECT UNIX_TIMESTAMP() - "):
            self.reply(self.server.process(self.caps))
        elif re.match(r"SHOW (ALL )?(SLAVES?|REPLICAS?) STATUS", upper):
            self.reply(self.server.replication_status(self.caps))
        elif upper.startswith("SHOW"):
            self.reply(r.result(self.caps, [("Variable_name", w.VAR_STRING), ("Value", w.VAR_STRING)], []))
        elif upper.startswith(("SELECT", "WITH", "(", "TABLE", "VALUES")):
            self.reply(r.result(self.caps, [("answered_by", w.VAR_STRING)], [[self.server.name]],
                                status=self.status))
        elif upper.startswith("USE "):
            self.init_db(plain[4:].strip("`").encode())
        else:
            self.change_status(upper)
            self.ok()

    def change_status(self, upper):
        if upper.startswith("START TRANSACTION") or upper.startswith("BEGIN"):
            self.status |= w.IN_TRANS
            if "READ ONLY" in upper:
                self.status |= w.IN_TRANS_READONLY
        elif upper.startswith(("COMMIT", "ROLLBACK")):
            self.status &= ~(w.IN_TRANS | w.IN_TRANS_READONLY)
        elif found := re.search(r"AUTOCOMMIT\s*=\s*(\w+)", upper):
            off = found.group(1) in ("0", "OFF", "FALSE")
            self.status = self.status & ~w.AUTOCOMMIT if off else self.status | w.AUTOCOMMIT


# What servers are delivered with.
TRACKED = {"session_track_system_variables": "autocommit,character_set_client,character_set_connection,character_set_results,time_zone",
           "session_track_schema": 1, "session_track_state_change": 0, "session_track_transaction_info": "OFF"}


class FakeServer:
    """Listens at once; `address` is what a configuration names."""

    def __init__(self, name="db1", role="primary", version=b"5.5.5-10.11.9-MariaDB-fake", caps=CAPS,
                 first_statement_id=1001, path=None, tls=None):
        self.name, self.role, self.version = name, role, version
        self.caps = caps | (ALGORITHMS[PACK].caps if PACK else 0)
        self.tls = tls           # an ssl.SSLContext: TLS is offered
        self.caps |= w.SSL if tls else 0
        self.proof = None        # (connection): the info of the login's OK, bytes
        self.first_statement_id = first_statement_id
        self.on_connect = None   # (connection): before the greeting; False ends it
        self.on_login = None     # (connection): an application's password was right; False ends it
        self.on_accounts = None  # (connection, sql): the monitor asks for MariaDB's accounts
        self.refused_schemas = {}
        self.position = "0-1-100"  # how far it says it is, or a function: written on a primary, applied on a replica
        self.log_bin = 1
        self.wait_timeout = 28800
        self.started_s = 1_700_000_000  # by its own clock
        self.uptime_s = 1_000
        self.tracked = dict(TRACKED)
        self.prepared = {}       # SQL text: (number of parameters, columns)
        self.scripts = {}        # SQL text, or command byte: (connection, payload)
        self.connections = []
        self.log = []
        self.news = threading.Condition()
        self._listener, self.address = listen(path)
        self._stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    # ---- scripting ----

    def on(self, key, script):
        """script(connection, payload) answers that SQL text or, for a number, that command of applications."""
        self.scripts[key] = script

    def forget(self):
        """Back to the dull server, without the applications' connections there were."""
        for connection in self.application_connections():
            connection.close()
            self.connections.remove(connection)
        self.on_connect = self.on_login = None
        self.scripts.clear()
        self.position = "0-1-100"
        self.tracked = dict(TRACKED)
        self.prepared.clear()
        self.refused_schemas.clear()

    def script_for(self, connection, command):
        if connection.user == b"monitor":
            return None
        if command.byte == w.QUERY and command.sql() in self.scripts:
            return self.scripts[command.sql()]
        if command.byte in (w.EXECUTE, w.FETCH):
            statement_id = connection.statement_id(command.body)
            sql = connection.statements.get(statement_id, b"").decode(errors="replace")
            if statement_id in connection.open_statements and (command.byte, sql) in self.scripts:
                return self.scripts[command.byte, sql]
        return self.scripts.get(command.byte)

    # ---- observing ----

    def arrived(self, connection, command):
        with self.news:
            self.news.notify_all()

    def application_connections(self):
        return [c for c in self.connections if c.user not in (b"", b"monitor")]

    def commands(self, byte=None):
        """Commands of applications, in the order of arrival."""
        found = [k for c in self.application_connections() for k in c.commands if byte in (None, k.byte)]
        return sorted(found, key=lambda k: k.at)

    def sqls(self):
        return [k.sql() for k in self.commands(w.QUERY)]

    def wait_for(self, condition, timeout=30.0):
        """Until condition() holds, looked at whenever a command arrives."""
        deadline = time.monotonic() + timeout
        with self.news:
            while not (found := condition()):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{self.name}: did not happen in {timeout} s")
                self.news.wait(0.05)
        return found

    # ---- what it says of itself ----

    def greeting(self, number):
        return Greeting(self.version, number, NONCE, self.caps)

    def variables(self, caps, sql, status):
        """One row, a column for each expression of a SELECT of variables."""
        listed = re.sub(r"^SELECT\s+", "", sql, flags=re.I)
        listed = re.split(r"\s+(?:FROM|LIMIT)\s+", listed, flags=re.I)[0]
        names, values = [], []
        for expression in split_list(listed):
            body, _, alias = re.sub(r"\s+AS\s+", "\0", expression, flags=re.I).partition("\0")
            names.append((alias or body).strip().strip("`'\""))
            values.append(self.value_of(body.strip()))
        return r.result(caps, [(name, w.VAR_STRING) for name in names], [values], status=status)

    def value_of(self, expression):
        is_replica = self.role == "replica"
        known = {"read_only": int(is_replica), "super_read_only": 0, "innodb_read_only": 0, "server_id": 7,
                 "max_connections": 500, "wait_timeout": self.wait_timeout, "interactive_timeout": 28800,
                 "version": self.version.decode().replace("5.5.5-", ""), "hostname": self.name,
                 "max_allowed_packet": 1 << 30, "autocommit": 1, "character_set_client": "utf8mb4",
                 "character_set_connection": "utf8mb4", "character_set_results": "utf8mb4",
                 "collation_connection": "utf8mb4_general_ci", "sql_mode": "", "time_zone": "SYSTEM",
                 "port": 3306, "lower_case_table_names": 0, "gtid_domain_id": 0, "log_bin": self.log_bin, **self.tracked}
        found = re.search(r"@@(?:global\.|session\.|local\.)?(\w+)", expression, flags=re.I)
        name = found.group(1).lower() if found else ""
        if name == ("gtid_slave_pos" if is_replica else "gtid_binlog_pos"):
            return self.position() if callable(self.position) else self.position
        return known.get(name, "")

    def replication_status(self, caps):
        columns = ["Connection_name", "Slave_IO_State", "Master_Host", "Slave_IO_Running", "Slave_SQL_Running",
                   "Seconds_Behind_Master", "Last_IO_Error", "Last_SQL_Error", "Gtid_IO_Pos", "Using_Gtid"]
        row = ["", "Waiting", "db1", "Yes", "Yes", "0", "", "", "", "Slave_Pos"]
        rows = [row] if self.role == "replica" else []
        return r.result(caps, [(name, w.VAR_STRING) for name in columns], rows)

    def process(self, caps):
        return r.result(caps, [("started", w.VAR_STRING), ("uptime", w.VAR_STRING)], [[str(self.started_s), str(self.uptime_s)]])

    # ---- its life ----

    def _accept(self):
        number = 0
        while not self._stopped:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            connection = Connection(self, sock, number)
            self.connections.append(connection)
            threading.Thread(target=connection.run, daemon=True).start()

    def stop(self):
        self._stopped = True
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for connection in self.connections:
            connection.close()


@contextlib.contextmanager
def primary_and_replica():
    """Two servers, [db1, db2], that are stopped at the end."""
    with contextlib.ExitStack() as stack:
        found = [FakeServer("db1"), FakeServer("db2", role="replica")]
        for server in found:
            stack.callback(server.stop)
        yield found


def listen(path):
    """A listening socket and its address: on that path, or on a port of the kernel's choice."""
    if path:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(512)
        return listener, path
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    return listener, "127.0.0.1:%d" % listener.getsockname()[1]


def split_list(listed):
    """The parts between commas outside parentheses and quotes."""
    parts, depth, quote, begin = [], 0, "", 0
    for at, char in enumerate(listed):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "," and not depth:
            parts.append(listed[begin:at])
            begin = at + 1
    return [*parts, listed[begin:]]
