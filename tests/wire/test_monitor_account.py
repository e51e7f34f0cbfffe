"""The monitor's account: one that the servers do not know is noticed at once, and does no harm to what runs."""

import subprocess

import pytest

import web
from client import Client
from fakeserver import primary_and_replica
from proxy import BINARY, Proxy, wait_until

pytestmark = pytest.mark.room("cluster", "monitor")

PATIENCE = 20.0


@pytest.fixture
def servers():
    with primary_and_replica() as found:
        yield found


@pytest.fixture
def proxy(servers):
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in servers]
    with Proxy({"main": listed}, interval="100ms", extra={"http": {"address": "127.0.0.1:0"}}) as found:
        yield found


def set_password(proxy, password):
    tree = proxy.tree()
    tree["clusters"][0]["monitor"]["password"] = password
    proxy.write(tree)


def probing(server):
    """The connections of probes: workers that ask how far the server is use the monitor's account as well."""
    return wait_until(lambda: [c for c in server.connections if any("@@global.read_only AS" in sql for sql in c.sqls())], "it is probed", PATIENCE)


def problems(proxy):
    return [p["problem"] for p in web.get(web.address_of(proxy), "/health").json()["problems"]]


def refused(proxy):
    return [web.metrics(web.address_of(proxy)).value("headgate_server_monitor_refused", cluster="main", server=f"db{n}")
            for n in (1, 2)]


def test_a_wrong_password_by_reload_is_told_and_does_no_harm(proxy, servers):
    wait_until(lambda: problems(proxy) == [], "all is well", PATIENCE)
    kept = probing(servers[0])
    set_password(proxy, "wrong")
    proxy.json("reload")
    wait_until(lambda: len([p for p in problems(proxy) if "refuses the monitor" in p and "1045" in p]) == 2, "it is a problem",
               PATIENCE)
    assert refused(proxy) == [1, 1]
    events = [row for row in proxy.show("events") if row["is"] == "refuses the monitor"]
    assert {row["server"] for row in events} == {"db1", "db2"} and "1045" in events[0]["reason"]
    assert "warning server db1" in proxy.log()
    assert {(row["state"], row["role"]) for row in proxy.show("servers")} == {("up", "primary"), ("up", "replica")}
    assert any(not c.is_closed.is_set() for c in kept)  # it is asked by these
    with Client.connect(proxy.address["split"], timeout=60.0) as client:
        client.query("DO 1")
    set_password(proxy, "monitor_pw")
    proxy.json("reload")
    wait_until(lambda: problems(proxy) == [] and refused(proxy) == [0, 0], "it is over", PATIENCE)
    assert {row["server"] for row in proxy.show("events") if row["is"] == "answers the monitor"} == {"db1", "db2"}


def test_a_right_password_by_reload_is_no_news(proxy, servers):
    """Nor is another one that is right too: the servers are asked over new connections then."""
    kept = probing(servers[0])
    tree = proxy.tree()
    tree["clusters"][0]["monitor"].update(user="other", password="other_pw")
    proxy.write(tree)
    proxy.json("reload")
    wait_until(lambda: any(c.response.user == b"other" for c in probing(servers[0])) and all(c.is_closed.is_set() for c in kept),
               "it has logged in anew", PATIENCE)
    assert problems(proxy) == [] and refused(proxy) == [0, 0]


@pytest.mark.parametrize("password", ("monitor_pw", "wrong"))
def test_the_check_of_a_file_tries_the_account(proxy, password):
    set_password(proxy, password)
    done = subprocess.run([BINARY, "-t", "--connect", "-c", proxy.path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == (password == "wrong"), done
    lines = done.stdout.splitlines()
    code = [line for line in lines if line.startswith("main: not all stored code is known: ")]  # the scripted servers have none
    assert len(lines) - len(code) == 3 and len(code) == (password == "monitor_pw")
    for line, name, role in zip(lines, ("db1", "db2"), ("primary", "replica")):
        assert line.startswith(f"main: server {name} (")
        assert (f"answers the monitor, role {role}: configured" if password == "monitor_pw" else "1045 Access denied") in line
    plain = subprocess.run([BINARY, "-t", "-c", proxy.path], capture_output=True, text=True, timeout=60, check=False)
    assert (plain.returncode, plain.stdout) == (0, f"{proxy.path}: good\n")


def test_the_check_of_a_file_says_which_server_is_away(proxy, servers):
    servers[1].stop()
    done = subprocess.run([BINARY, "-t", "--connect", "-c", proxy.path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "db1" in done.stdout.splitlines()[0] and ": answers the monitor" in done.stdout.splitlines()[0]
    assert "does not answer the monitor" in done.stdout.splitlines()[1]
