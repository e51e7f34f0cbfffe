"""What is measured: null servers, and the ways to them. Everything on 127.0.0.1 and in one temporary folder."""

import os
import socket
import subprocess

from processes import Fault, Process, wait_until

USER, PASSWORD = "app", "bench-app"
MONITOR, MONITOR_PASSWORD = "monitor", "bench-monitor"

HAPROXY = """
global
    nbthread {workers}
    maxconn {clients}
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen bench
    bind 127.0.0.1:{port}{tls}
    server primary 127.0.0.1:{primary}
"""

HEADGATE = """
workers = {workers};
log: {{ level = "warning"; }};
admin: {{ socket = "{folder}/admin-{port}.sock"; }};
listeners = ( {{ name = "app"; address = "127.0.0.1:{port}"; cluster = "main"; mode = "split"; }} );
clusters = (
  {{ name = "main";
    monitor: {{ user = "{monitor}"; password = "{monitor_password}"; interval = "1s"; }};
    servers = (
{servers}
    );
  }}
);
users = ( {{ name = "{user}"; password = "{password}"; }} );
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Target:
    """One way to a null server: a port, and the proxy behind it (None for the direct way)."""

    def __init__(self, name, port, process=None):
        self.name, self.port, self.process = name, port, process

    def stop(self):
        return self.process.stop(timeout_s=60) if self.process else 0


class Bench:
    """The tools, the null servers behind everything, and how to start each kind of target."""

    def __init__(self, tools, folder, haproxy, headgate, pin, tls=False):
        self.tls = tls  # clients encrypt: HAProxy terminates it before the protocol, headgate within it
        self.tools, self.folder, self.haproxy, self.headgate = tools, folder, haproxy, headgate
        self.proxy_prefix = ["taskset", "-c", "0"] if pin else []
        self.other_prefix = ["taskset", "-c", f"1-{os.cpu_count() - 1}"] if pin else []
        self.servers = []

    def tool(self, name):
        return os.path.join(self.tools, name)

    def start_servers(self):
        primary = self._null("null-primary", ["--server-id", "1"])
        self.servers = [primary]
        for i in (2, 3):
            replica = ["--server-id", str(i), "--read-only", "1", "--master-port", str(primary.port)]
            self.servers.append(self._null(f"null-replica-{i}", replica))

    def _null(self, name, options):
        process = Process(name, [*self.other_prefix, self.tool("nullserver"), *options], self.folder,
                          stdout=subprocess.PIPE)
        return Target(name, int(process.read_line(10).split()[1]), process)

    @property
    def primary(self):
        return self.servers[0].port

    # ---- targets: start_<name>(wrap, env, clients), wrap being a command that runs the proxy ----

    def start(self, name, wrap=(), env=None, clients=2000):
        return getattr(self, f"start_{name}")([*self.proxy_prefix, *wrap], env or {}, clients)

    def start_direct(self, *_):
        return Target("direct", self.primary)

    def start_relay(self, wrap, env, _clients):
        port = free_port()
        argv = [*wrap, self.tool("relay"), "--to", str(self.primary), "--port", str(port)]
        return self._proxy("relay", port, argv, env)

    def start_haproxy(self, wrap, env, clients, name="haproxy", workers=1):
        port = free_port()
        config = self._write(f"{name}-{port}.cfg", HAPROXY.format(
            workers=workers, clients=clients + 100, port=port, primary=self.primary,
            tls=f" ssl crt {self._certificate()}" if self.tls else ""))
        return self._proxy(name, port, [*wrap, self.haproxy, "-db", "-f", config], env)

    def start_headgate(self, wrap, env, _clients, name="headgate", workers=1, connections=0):
        port = free_port()
        limit = f"max_connections = {connections}; " if connections else ""
        servers = ",\n".join(f'      {{ name = "db{i}"; address = "127.0.0.1:{s.port}"; {limit}}}'
                             for i, s in enumerate(self.servers, 1))
        config = self._write(f"{name}-{port}.conf", HEADGATE.format(
            workers=workers, folder=self.folder, port=port, servers=servers, user=USER, password=PASSWORD,
            monitor=MONITOR, monitor_password=MONITOR_PASSWORD))
        return self._proxy(name, port, [*wrap, self.headgate, "-c", config], env)

    def start_shared(self, wrap, env, clients):
        """Few connections to each server: an idle client has none."""
        return self.start_headgate(wrap, env, clients, connections=40)

    def start_headgate2(self, wrap, env, clients):
        return self.start_headgate(wrap, env, clients, name="headgate2", workers=2)

    def start_haproxy2(self, wrap, env, clients):
        return self.start_haproxy(wrap, env, clients, name="haproxy2", workers=2)

    def _certificate(self):
        """Of the kind that headgate makes for itself."""
        path = os.path.join(self.folder, "certificate.pem")
        if not os.path.exists(path):
            key, certificate = path + ".key", path + ".crt"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-subj", "/CN=bench", "-keyout", key, "-out", certificate], check=True, capture_output=True)
            with open(key) as k, open(certificate) as c:
                self._write("certificate.pem", k.read() + c.read())
        return path

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:  # it may hold passwords
            f.write(text)
        return path

    def _proxy(self, name, port, argv, env):
        target = Target(name, port, Process(f"{name}-{port}", argv, self.folder, env))
        try:
            wait_until(f"a first query through {name}", lambda: self._answers(target), 60)
        except Fault as fault:
            words = target.process.last_words()
            target.stop()
            raise Fault(f"{fault}; {words}") from None
        return target

    def _answers(self, target):
        """A read and a large result: whatever splits them has found both its replicas and its primary."""
        target.process.check_alive()
        return all(subprocess.run(self.load_argv(target, **{"mode": "query", "requests": 1, **more}), timeout=60,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
                   for more in ({}, {"mode": "big", "big": 1}))

    def load_argv(self, target, sync=False, **options):
        argv = [*self.other_prefix, self.tool("load"), "--port", str(target.port)]
        argv += ["--user", USER, "--password", PASSWORD]
        if self.tls and target.process:
            argv += ["--tls", "first" if target.name.startswith("haproxy") else "request"]
        for name, value in options.items():
            argv += [f"--{name}"] + ([] if value is True else [str(value)])
        return argv + (["--sync"] if sync else [])
