"""An initialised data directory per flavour and version, made once and copied at every start."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile

from . import accounts, cache, config, process, sql
from .errors import SandboxError
from .wait import wait_for


def copy_to(flavour, target):
    """Put a copy of the flavour's template at target (which must not exist)."""
    copy(ensure(flavour), target)


def copy(source, target):
    """Put a copy of a data directory at target (which must not exist)."""
    if os.path.exists(target):
        raise SandboxError(f"{target} is in the way: a data directory belongs there")
    done = subprocess.run(["cp", "-aT", "--reflink=auto", source, target],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"copying the data directory template to {target}: {done.stderr}")


def ensure(flavour):
    """The path of the flavour's template, made now if it is not in the cache."""
    return cache.made_once(_name(flavour), lambda folder: _make(flavour, folder))


def _name(flavour):
    """Everything that the template depends on is in its name, so that none is stale."""
    recipe = repr((config.storage_options(flavour),
                   list(accounts.setup_statements(flavour.family))))
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:8]
    version = re.sub(r"[^A-Za-z0-9.+~-]", "_", flavour.version)
    return f"datadir-{flavour.name}-{version}-{digest}"


def _make(flavour, folder):
    # Sockets have short names at most, hence not in the cache.
    scratch = tempfile.mkdtemp(prefix="headgate-template-")
    try:
        log = os.path.join(scratch, "log")
        _initialise(flavour, folder, log)
        _fill(flavour, folder, scratch, log)
        _forget_identity(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _options(flavour, datadir):
    # As whoever we are: nobody but this function talks to that server.
    root = ["--user=root"] if os.geteuid() == 0 else []
    pairs = {**config.paths(flavour, datadir), **config.storage_options(flavour)}
    return (["--no-defaults", *root, "--skip-log-bin"]
            + [f"--{key.replace('_', '-')}={value}" for key, value in pairs.items()])


def _initialise(flavour, datadir, log):
    if flavour.family == "mysql":
        feed, extra = b"", ["--initialize-insecure"]
    else:
        os.makedirs(os.path.join(datadir, "mysql"))
        feed, extra = _mariadb_system_tables(flavour), ["--bootstrap"]
    command = [*flavour.command, *_options(flavour, datadir), *extra]
    with open(log, "wb") as output:
        done = subprocess.run(command, input=feed, stdout=output, stderr=output,
                              check=False, timeout=180)
    if done.returncode:
        raise SandboxError(f"initialising a data directory with {' '.join(command)} "
                           f"failed ({done.returncode}):\n{tail(log)}")


def _mariadb_system_tables(flavour):
    """What MariaDB's bootstrap mode is fed: its own scripts, root without a password.

    The installing script of the package is not used: it calls the server by
    a path, which a private root with its own loader does not have.
    """
    share = flavour.share()
    text = b"CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
    for part in ("system_tables", "performance_tables", "system_tables_data"):
        text += _script(share, part)
    with open(os.path.join(share, "maria_add_gis_sp_bootstrap.sql"), "rb") as f:
        text += f.read()
    return text + b"\n" + _script(share, "sys_schema")


def _script(share, part):
    """The script of that name: MariaDB renamed the files' prefix in version 11."""
    for prefix in ("mariadb", "mysql"):
        path = os.path.join(share, f"{prefix}_{part}.sql")
        if os.path.exists(path):
            with open(path, "rb") as f:
                return f.read() + b"\n"
    raise SandboxError(f"found neither mariadb_{part}.sql nor mysql_{part}.sql in {share}")


def _fill(flavour, datadir, scratch, log):
    """Run the server without a network once, to make accounts (and certificates)."""
    socket = os.path.join(scratch, "s")
    command = [*flavour.command, *_options(flavour, datadir), "--skip-networking",
               f"--socket={socket}", f"--pid-file={scratch}/pid", f"--log-error={log}"]
    if flavour.family == "mysql":
        command.append("--mysqlx=0")
    server = process.spawn(command, log)
    try:
        connection = wait_for("the template server to answer",
                              lambda: _try_connect(server, socket, log), 60,
                              lambda: tail(log))
        with connection:
            for statement in accounts.setup_statements(flavour.family):
                sql.run(connection, statement)
            sql.run(connection, "SHUTDOWN")
        wait_for("the template server to end", lambda: process.state(*server) == "dead",
                 60, lambda: tail(log))
    finally:
        process.kill(*server)


def _try_connect(server, socket, log):
    if process.state(*server) == "dead":
        raise SandboxError(f"the template server ended at once:\n{tail(log)}")
    try:
        return sql.connect_socket(socket)
    except sql.Error:
        return None


def _forget_identity(datadir):
    """A copy must not claim to be the same server as its siblings."""
    for name in ("auto.cnf", "ib_buffer_pool", "ddl_recovery.log", "server.pid"):
        path = os.path.join(datadir, name)
        if os.path.exists(path):
            os.unlink(path)


def tail(path, lines=25):
    """The last lines of a log, for an error message."""
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return "".join(f"    {line}" for line in f.readlines()[-lines:])
    except OSError as e:
        return f"    (no log: {e})"
