"""Cutting a node off: every TCP packet to and from it vanishes, as behind a broken switch.

An nftables table of the sandbox's own holds the rules, one chain per node.
Packets to and from the node's port are dropped, and so is whatever the
node's process sends on connections that it opened itself (to its
replication source): its sockets are known by the group it runs as, which no
other process has. What the source still sends it goes to local ports that
are looked up at the time of the cut.
"""

import glob
import hashlib
import os
import shutil
import subprocess

from .errors import SandboxError


def partition(directory, node):
    """Cut node off."""
    _refuse_where_impossible()
    heal(directory, node)
    ports = _local_ports(node.pid) if node.pid else []
    _nft(_rules(directory, node, ports), f"cut off {node.name}")


def heal(directory, node):
    """Undo partition; nothing happens if there was none."""
    if _nft_there() and node.name in _chains(directory):
        _nft(_removal(directory, node.name), f"heal {node.name}")


def heal_all(directory):
    """Leave no rule behind."""
    if _nft_there() and _table_exists(directory):
        _nft(f"delete table inet {_table(directory)}", "heal everybody")


def _table(directory):
    digest = hashlib.sha256(directory.encode()).hexdigest()[:12]
    return f"headgate_sandbox_{digest}"


def _rules(directory, node, ports):
    """The nft script that cuts node off, on the loopback interface alone."""
    table = _table(directory)
    numbers = ", ".join(str(port) for port in sorted({node.port, *ports}))
    return f"""
table inet {table} {{
    chain {node.name} {{
        type filter hook output priority 0; policy accept;
        oifname "lo" tcp dport {{ {numbers} }} drop
        oifname "lo" tcp sport {{ {numbers} }} drop
        oifname "lo" meta l4proto tcp meta skgid {node.gid} drop
    }}
}}
"""


def _removal(directory, name):
    return f"delete chain inet {_table(directory)} {name}"


def _local_ports(pid):
    """Local ports of the connections that a process has: its own, and accepted ones."""
    inodes = set()
    for link in glob.glob(f"/proc/{pid}/fd/*"):
        try:
            target = os.readlink(link)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = set()
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}", encoding="ascii") as f:
            for line in f.readlines()[1:]:
                fields = line.split()
                if fields[9] in inodes:
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def _refuse_where_impossible():
    if os.geteuid() != 0:
        raise SandboxError("cutting a node off needs root (it is done with nft)")
    if not _nft_there():
        raise SandboxError("cutting a node off needs nft: run `tools/setup test` "
                           "(Debian's package is nftables)")


def _nft_there():
    return os.geteuid() == 0 and shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin")


def _table_exists(directory):
    return _run(["list", "table", "inet", _table(directory)]).returncode == 0


def _chains(directory):
    listing = _run(["list", "table", "inet", _table(directory)])
    return [line.split()[1] for line in listing.stdout.splitlines()
            if line.strip().startswith("chain ")]


def _nft(script, aim):
    done = _run(["-f", "-"], script)
    if done.returncode:
        raise SandboxError(f"could not {aim} with nft: {done.stderr.strip()}")


def _run(arguments, text=None):
    return subprocess.run([_nft_there(), *arguments], input=text, capture_output=True,
                          text=True, check=False)
