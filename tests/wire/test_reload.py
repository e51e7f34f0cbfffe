"""Another configuration while everything runs: each setting by its row, what it does, and what it leaves alone."""

import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest

import certificates
import mysqlwire as w
import replies as r
from client import Client
from fakeserver import FakeServer
from proxy import BINARY, ROOT, Proxy, memory_margin, wait_until

pytestmark = [pytest.mark.room("app", "settings"), pytest.mark.threads]

MUTATIONS = int(os.environ.get("HEADGATE_RELOAD_MUTATIONS", "200"))
LONG = 60.0


def listed(*servers, **options):
    return [{"name": s.name, "address": s.address, "role": s.role, **options} for s in servers]


@pytest.fixture(scope="module")
def servers():
    made = [FakeServer("db1"), FakeServer("db2", role="replica", first_statement_id=500001),
            FakeServer("db3", role="replica", first_statement_id=600001)]
    yield made
    for server in made:
        server.stop()


@pytest.fixture
def proxy(servers):
    with Proxy({"main": listed(*servers[:2])}) as running:
        yield running


def change(proxy, edit):
    """Writes the configuration that edit(tree) makes of the tree; the tree."""
    tree = proxy.tree()
    edit(tree)
    proxy.write(tree)
    return tree


def reload(proxy, edit):
    """{setting: (was, is, takes_effect)} of what was changed."""
    change(proxy, edit)
    answer = proxy.json("reload")
    assert isinstance(answer, list), answer
    return {row["setting"]: (row["was"], row["is"], row["takes_effect"]) for row in answer}


def main(tree):
    return tree["clusters"][0]


# ---- every row ----

# setting, as `show config` names it, without the names of elements: another value, or how the tree becomes another one.
# None: the name of an element; that it comes and goes is tested below.
CASES = {
    "workers": 3,
    "resolver": "127.0.0.1:53",
    "log: level": "debug",
    "log: format": "json",
    "log: file": "/tmp/headgate-of-nobody.log",
    "admin: socket": "/tmp/headgate-of-nobody.sock",
    "admin: group": "root",
    "admin: tls: mode": "required",
    "admin: tls: certificate": lambda proxy, row: row.update(certificate=certificates.whole()),
    "admin: tls: key": None,  # not without a certificate
    "admin: tls: ca": lambda proxy, row: row.update(ca=certificates.authority() + ".pem"),
    "admin: tls: minimum": "TLSv1.3",
    "admin: tls: ciphers": "ECDHE+AESGCM",
    "admin: address": None,  # with users only, and they with it
    "http: address": "127.0.0.1:0",
    "http: hosts": "headgate.example probe",
    "statements: digests": 50,
    "statements: slow": "9s",
    "statements: slow_file": "/tmp/headgate-of-nobody.slow",
    "statements: sample": 7,
    "statements: query_file": "/tmp/headgate-of-nobody.queries",
    "statements: format": "json",
    "statements: literals": lambda proxy, row: row.update(literals=True),
    "timeouts: connect": "3s",
    "timeouts: login": "6s",
    "timeouts: client_login": "11s",
    "timeouts: query": "50s",
    "timeouts: idle_client": "7h",
    "timeouts: idle_transaction": "6h",
    "timeouts: primary_wait": "11s",
    "timeouts: drain": "9m",
    "timeouts: pause": "50s",
    "timeouts: pool_wait": "9s",
    "timeouts: diagnostics": "2s",
    "timeouts: server_idle": "50s",
    "timeouts: server_lifetime": "50m",
    "timeouts: shutdown": "30s",
    "timeouts: tcp_keepalive": "50s",
    "timeouts: tcp_user_timeout": "20s",
    "limits: max_clients": 77,
    "limits: max_clients_per_address": 66,
    "listener: name": None,
    "listener: address": lambda proxy, row: row.update(address=os.path.join(proxy.directory, "moved.sock")),
    "listener: cluster": None,  # to another one: see test_a_listener_leads_to_another_cluster
    "listener: mode": "primary",
    "listener: consistency": "strong",
    "listener: max_clients": 55,
    "listener: compression": "off",
    "listener: compression_threshold": "1KiB",
    "listener: compression_zlib_level": 1,
    "listener: compression_zstd_level_max": 3,
    "listener: tls: mode": "required",
    "listener: tls: certificate": lambda proxy, row: row.update(certificate=certificates.whole()),
    "listener: tls: key": None,  # not without a certificate: see test_tls
    "listener: tls: ca": lambda proxy, row: row.update(ca=certificates.authority() + ".pem"),
    "listener: tls: minimum": "TLSv1.3",
    "listener: tls: ciphers": "ECDHE+AESGCM",
    "listener: proxy_protocol_from": "192.0.2.0/24",
    "listener: proxy_protocol": "optional",
    "cluster: name": None,
    "cluster: topology": "replication",
    "cluster: monitor: user": "app",
    "cluster: monitor: password": "other_pw",
    "cluster: monitor: interval": "700ms",
    "cluster: monitor: timeout": "3s",
    "cluster: monitor: rise": 2,
    "cluster: monitor: fall": 3,
    "cluster: ejection: failures": 6,
    "cluster: ejection: base": "2s",
    "cluster: ejection: max": "2m",
    "cluster: ejection: max_share": 40,
    "cluster: max_lag": "4s",
    "cluster: slow_start": "5s",
    "cluster: balance": "round_robin",
    "cluster: zone": "a",
    "cluster: primary_reads": "share",
    "cluster: users_from": "servers",
    "cluster: users_interval": "20s",
    "cluster: read_functions": lambda proxy, row: row.update(read_functions=True),
    "cluster: read_functions_interval": "50s",
    "cluster: connection_reserve": 7,
    "cluster: pool": "session",
    "cluster: pool_idle_max": 4,
    "cluster: pool_idle_min": 2,
    "cluster: pool_trust": "7s",
    "cluster: pool_trust_code": True,
    "cluster: pool_login_trust": "7s",
    "cluster: prepared_max": 60,
    "cluster: consistency": "strong",
    "cluster: consistency_wait": "6s",
    "cluster: server: name": None,
    "cluster: server: address": "127.0.0.1:1",
    "cluster: server: compression": "zlib",
    "cluster: server: proxy_protocol": "v2",
    "cluster: server: role": None,  # with the other server's: see test_roles_change_places
    "cluster: server: weight": 3,
    "cluster: server: zone": "b",
    "cluster: server: tls": "off",
    "cluster: server: tls_ca": None,  # these need each other: see test_tls_to_servers
    "cluster: server: tls_name": "db1.example",
    "cluster: server: tls_fingerprint": None,
    "cluster: server: tls_certificate": None,
    "cluster: server: tls_key": None,
    "cluster: server: max_connections": 9,
    "user: name": None,
    "user: password": "another_pw",
    "user: max_connections": 8,
    "user: consistency": "eventual",
    "user: require": "x509",
    "user: require_subject": "/CN=app",
    "user: require_issuer": "/CN=authority",
}

LISTS = {"listener": "listeners", "cluster": "clusters", "server": "servers", "user": "users"}


def place(path):
    """A setting as a change of it is told, of its path: clusters.main.zone, cluster 'main': zone."""
    words, told = iter(path.split(".")), []
    singular = {plural: one for one, plural in LISTS.items()}
    for word in words:
        told.append(f"{singular[word]} '{next(words)}'" if word in singular else word)
    return ": ".join(told)


def nameless(setting):
    return re.sub(r" '[^']*'", "", setting)


def last_row(tree, path):
    """The dict of the tree that holds the setting: of lists their last element, of clusters the only one."""
    for word in path:
        tree = tree[LISTS[word]][-1] if word in LISTS else tree.setdefault(word, {})
    return tree


def edit_of(proxy, setting):
    *path, key = setting.split(": ")
    value = CASES[setting]

    def edit(tree):
        row = last_row(tree, path)
        if callable(value):
            value(proxy, row)
        else:
            row[key] = value
        if setting == "cluster: topology":  # roles are for a static one only
            for server in row["servers"]:
                del server["role"]
    return edit


def test_each_setting_has_a_case(proxy):
    assert {nameless(setting) for setting in values(proxy)} == set(CASES)


def values(proxy):
    return {place(row["setting"]): (row["value"], row["effect"]) for row in proxy.show("config")}


def test_each_row_is_changed_by_a_reload_and_back(proxy):
    """`config diff`, `reload` and `show config` say the same, and the log says it as well."""
    start = values(proxy)
    for setting, value in CASES.items():
        if value is None:
            continue
        change(proxy, edit_of(proxy, setting))
        announced = proxy.json("config diff")
        assert values(proxy) == start, setting
        seen = len(proxy.log())
        told = proxy.json("reload")
        assert told == announced, setting
        mine = [row for row in told if nameless(row["setting"]) == setting]
        others = [row for row in told if row not in mine]
        assert len(mine) == 1, (setting, told)
        assert setting == "cluster: topology" or not others, (setting, told)
        name, effect = mine[0]["setting"], mine[0]["takes_effect"]
        assert start[name][1] == effect
        log = "" if setting.startswith("log:") else proxy.log()[seen:]
        if setting.endswith("password"):
            assert (mine[0]["was"], mine[0]["is"]) == (None, "changed")
            assert "another_pw" not in log and "other_pw" not in log
            assert f"reload: {name} changed ({effect})" in log
        else:
            assert mine[0]["was"] == start[name][0]
            kept = mine[0]["was"] if effect == "restart" else mine[0]["is"]
            assert mine[0]["is"] != mine[0]["was"] and values(proxy)[name][0] == kept
            assert not log or f"reload: {name} {mine[0]['was']} -> {mine[0]['is']} ({effect})" in log.replace("\\\"", "\"")
        proxy.write()
        proxy.json("reload")
        assert values(proxy) == start and proxy.json("config diff") == []


def test_nothing_changed_is_nothing_told(proxy):
    assert proxy.json("config diff") == [] and proxy.json("reload") == []
    assert "0 changes" in proxy.log()


# ---- what takes effect ----

def test_a_signal_reloads(proxy):
    change(proxy, lambda tree: tree.update(log={"level": "debug"}))
    proxy.process.send_signal(signal.SIGHUP)
    wait_until(lambda: values(proxy)["log: level"][0] == '"debug"', "the level is another one", LONG)
    assert 'reload: log: level "info" -> "debug" (now)' in proxy.log().replace("\\\"", "\"")
    with Client.connect(proxy.address["split"]):
        wait_until(lambda: " debug " in proxy.log(), "more is told", LONG)


def test_timeouts_concern_sessions_that_are_there(proxy, servers):
    stuck = threading.Event()
    servers[0].on("DO 'no reply'", lambda c, _: stuck.wait(LONG) and False)
    with Client.connect(proxy.address["primary"]) as client:
        client.query("DO 1")
        reload(proxy, lambda tree: tree["timeouts"].update(query="200ms"))
        assert client.command(w.QUERY, b"DO 'no reply'").error.code == 1969
        reload(proxy, lambda tree: tree["timeouts"].update(idle_client="300ms"))
        assert client.query("DO 2").oks
        client.pipe.read_to_end()
    stuck.set()


def test_limits_concern_who_comes(proxy):
    def refused(listener, user="app", password="app_pw"):
        try:
            Client.connect(proxy.address[listener], user=user, password=password).close()
        except r.Err as error:
            return error.code
        return None

    with Client.connect(proxy.address["split"]) as one, Client.connect(proxy.address["split"]) as two:
        reload(proxy, lambda tree: tree.update(limits={"max_clients": 1}))
        assert refused("split") == 1040 and one.query("DO 1").oks and two.query("DO 1").oks
        reload(proxy, lambda tree: tree["listeners"][0].update(max_clients=2))
        assert refused(proxy.listeners[0]["name"]) == 1040 and refused("primary") is None
        reload(proxy, lambda tree: tree["users"][0].update(max_connections=2))
        assert refused("split") == 1203 and refused("split", "other", "other_pw") is None
        reload(proxy, lambda tree: tree["users"][0].update(max_connections=3))
        assert refused("split") is None
        limits = {row["limit"]: row["used"] for row in proxy.show("limits")}
        assert limits["limits.max_clients"] >= 2, "who was there before is counted"


def test_clients_of_an_address_are_counted_from_the_start(servers):
    kinds = [{"name": "tcp", "mode": "split", "kind": "tcp"}]
    with Proxy({"main": listed(*servers[:2])}, listeners=kinds) as proxy:
        first = Client.connect(proxy.address["tcp"])
        reload(proxy, lambda tree: tree.update(limits={"max_clients_per_address": 1}))
        with pytest.raises(r.Err, match="max_clients_per_address"):
            Client.connect(proxy.address["tcp"])
        reload(proxy, lambda tree: tree.update(limits={"max_clients_per_address": 2}))
        with Client.connect(proxy.address["tcp"]) as second:
            assert first.query("DO 1").oks and second.query("DO 1").oks
        first.close()


def test_a_password_concerns_new_logins(proxy):
    with Client.connect(proxy.address["split"]) as client:
        changes = reload(proxy, lambda tree: tree["users"][0].update(password="new_pw"))
        assert changes == {"user 'app': password": (None, "changed", "new sessions")}
        assert client.query("DO 1").oks
        with pytest.raises(r.Err):
            Client.connect(proxy.address["split"])
        proxy.write()
        proxy.json("reload")
        assert client.query("DO 2").oks
        Client.connect(proxy.address["split"]).close()
    assert "new_pw" not in proxy.log()


def test_users_come_and_go(proxy):
    """Who is logged in as one that is removed goes on; nobody else can log in; and is there again when it comes back."""
    with Client.connect(proxy.address["split"], user="other", password="other_pw") as client:
        assert reload(proxy, lambda tree: tree["users"].pop()) == {"user 'other'": (None, "removed", "now")}
        for _ in range(2):  # the second reload inherits from a table in which it is removed already
            assert client.rows("SELECT a FROM t") == [(b"db2",)]
            with pytest.raises(r.Err):
                Client.connect(proxy.address["split"], user="other", password="other_pw")
            proxy.json("reload")
        assert not any("other" in row["limit"] for row in proxy.show("limits"))
        proxy.write()
        assert [row["is"] for row in proxy.json("reload")] == ["added"]
        Client.connect(proxy.address["split"], user="other", password="other_pw").close()
        used = {row["limit"]: row["used"] for row in proxy.show("limits")}
        assert used["user other: max_connections"] >= 1 and client.query("DO 1").oks


def test_listeners_come_and_go(proxy):
    third = os.path.join(proxy.directory, "third.sock")
    inside = Client.connect(proxy.address["replica"])

    def edit(tree):
        tree["listeners"].pop()
        tree["listeners"].append({"name": "third", "address": third, "cluster": "main", "mode": "primary"})
    assert reload(proxy, edit) == {"listener 'replica'": (None, "removed", "now"),
                                   "listener 'third'": (None, "added", "now")}
    with pytest.raises(OSError):
        Client.connect(proxy.address["replica"])
    assert not os.path.exists(proxy.address["replica"])
    assert inside.rows("SELECT a FROM t") == [(b"db2",)], "its sessions go on"
    with Client.connect(third) as client:
        assert client.rows("SELECT a FROM t") == [(b"db1",)]
    inside.close()
    wait_until(lambda: proxy.show("version")[0]["sessions"] == 0, "nobody is left", LONG)
    proxy.json("reload")
    proxy.write()
    proxy.json("reload")
    assert not os.path.exists(third)
    with Client.connect(proxy.address["replica"]) as client:
        assert client.rows("SELECT a FROM t") == [(b"db2",)]


def test_a_listener_moves_and_two_change_places(proxy):
    with Client.connect(proxy.address["primary"]) as inside:
        split, primary = proxy.address["split"], proxy.address["primary"]
        elsewhere = os.path.join(proxy.directory, "elsewhere.sock")
        reload(proxy, lambda tree: tree["listeners"][0].update(address=elsewhere))
        assert not os.path.exists(split)
        with Client.connect(elsewhere) as client:
            assert client.rows("SELECT a FROM t") == [(b"db2",)]
        proxy.write()
        proxy.json("reload")

        def swap(tree):
            tree["listeners"][0]["address"], tree["listeners"][1]["address"] = primary, split
        reload(proxy, swap)
        for address, name in ((primary, b"db2"), (split, b"db1")):
            with Client.connect(address) as client:
                assert client.rows("SELECT a FROM t") == [(name,)]
        assert inside.rows("SELECT a FROM t") == [(b"db1",)]


def test_a_mode_is_for_new_sessions(proxy):
    with Client.connect(proxy.address["split"]) as before:
        reload(proxy, lambda tree: tree["listeners"][0].update(mode="primary"))
        with Client.connect(proxy.address["split"]) as after:
            assert after.rows("SELECT a FROM t") == [(b"db1",)]
            assert before.rows("SELECT a FROM t") == [(b"db2",)]


def test_an_address_in_use_changes_nothing(proxy, servers):
    def edit(tree):
        tree["listeners"][0]["address"] = servers[0].address
        tree["timeouts"]["query"] = "1s"
        tree["listeners"].append({"name": "new", "address": os.path.join(proxy.directory, "new.sock"), "cluster": "main"})
    start = values(proxy)
    change(proxy, edit)
    answer = proxy.admin("reload")
    assert answer.startswith("error: listener 'split': listening on ") and "in use" in answer
    assert values(proxy) == start and not os.path.exists(os.path.join(proxy.directory, "new.sock"))
    Client.connect(proxy.address["split"]).close()


def test_a_listener_leads_to_another_cluster(servers):
    with Proxy({"main": listed(servers[0], servers[1]), "side": listed(FakeServerAs(servers[2], "primary"))}) as proxy:
        with Client.connect(proxy.address["primary"]) as before:
            changes = reload(proxy, lambda tree: tree["listeners"][1].update(cluster="side"))
            assert changes == {"listener 'primary': cluster": ('"main"', '"side"', "new sessions")}
            with Client.connect(proxy.address["primary"]) as after:
                assert after.rows("SELECT a FROM t") == [(b"db3",)]
            assert before.rows("SELECT a FROM t") == [(b"db1",)]

            def reorder(tree):
                tree["clusters"].reverse()
                tree["clusters"][0]["balance"] = "round_robin"
            assert set(reload(proxy, reorder)) == {"cluster 'side': balance", "listener 'primary': cluster"}
            assert before.rows("SELECT a FROM t") == [(b"db1",)], "clusters are known by their names"


class FakeServerAs:
    """A server of the fixture in another role."""

    def __init__(self, server, role):
        self.name, self.address, self.role = server.name, server.address, role


def test_clusters_take_a_restart(proxy):
    for edit, words in (
            (lambda tree: tree["clusters"].append({**main(tree), "name": "second"}), "cluster 'second' is new"),
            (lambda tree: [main(tree).update(name="renamed")]
             + [listener.update(cluster="renamed") for listener in tree["listeners"]], "cluster 'main' is missing")):
        change(proxy, edit)
        for command in ("config diff", "reload"):
            assert re.match(rf"error: {re.escape(proxy.path)}:\d+: cluster", proxy.admin(command))
        assert words in proxy.log() and proxy.show("clusters")[0]["cluster"] == "main"


# ---- servers ----

def test_servers_come_and_go(proxy, servers):
    """One that is added is probed and used; one that is removed is left, when what it runs has ended."""
    with Client.connect(proxy.address["split"]) as client:
        assert client.rows("SELECT a FROM t") == [(b"db2",)]
        client.query("START TRANSACTION READ ONLY")
        client.rows("SELECT a FROM t")

        def edit(tree):
            main(tree)["servers"] = listed(servers[0], servers[2])
        assert reload(proxy, edit) == {"cluster 'main': server 'db2'": (None, "removed", "now"),
                                       "cluster 'main': server 'db3'": (None, "added", "now")}
        proxy.wait_server("db3", lambda row: row["state"] == "up" and row["role"] == "replica", LONG)
        row = proxy.server("db2")
        assert row["state"] == "draining" and row["reason"] == "removed from the configuration"
        assert client.rows("SELECT a FROM t") == [(b"db2",)], "the transaction goes on there"
        client.query("COMMIT")
        assert client.rows("SELECT a FROM t") == [(b"db3",)]
        wait_until(lambda: "db2" not in [row["name"] for row in proxy.show("servers")], "db2 is gone", LONG)
        assert "server db2" in proxy.log() and "is removed: nothing is connected to it any more" in proxy.log()
        proxy.write()
        proxy.json("reload")
        proxy.wait_server("db2", lambda row: row["state"] == "up", LONG)
        wait_until(lambda: client.rows("SELECT a FROM t") == [(b"db2",)], "db3 is left", LONG)


def test_a_removed_server_that_comes_back_is_used_again(proxy, servers):
    with Client.connect(proxy.address["split"]) as client:
        client.query("START TRANSACTION READ ONLY")
        assert client.rows("SELECT a FROM t") == [(b"db2",)]
        reload(proxy, lambda tree: main(tree)["servers"].pop())
        assert proxy.server("db2")["state"] == "draining"
        assert proxy.admin("enable db2").startswith("error: server db2 was removed")
        queries = proxy.server("db2")["queries"]
        proxy.write()
        proxy.json("reload")
        assert proxy.server("db2")["state"] == "up" and proxy.server("db2")["queries"] == queries, "it was never away"
        client.query("COMMIT")
        assert client.rows("SELECT a FROM t") == [(b"db2",)]


def test_what_is_left_on_a_removed_server_is_cut_some_time(servers):
    with Proxy({"main": listed(*servers[:2])}, timeouts={"drain": "300ms"}) as proxy:
        with Client.connect(proxy.address["split"]) as client:
            client.query("START TRANSACTION READ ONLY")
            client.rows("SELECT a FROM t")
            reload(proxy, lambda tree: main(tree)["servers"].pop())
            wait_until(lambda: "db2" not in [row["name"] for row in proxy.show("servers")], "db2 is gone", LONG)
            assert "has been drained for 300ms: what is left there is cut" in proxy.log()


def test_a_server_moves_to_another_address(proxy, servers):
    with Client.connect(proxy.address["split"]) as client:
        assert client.rows("SELECT a FROM t") == [(b"db2",)]
        reload(proxy, lambda tree: main(tree)["servers"][1].update(address=servers[2].address))
        proxy.wait_server("db2", lambda row: row["state"] == "up" and row["address"] == servers[2].address, LONG)
        wait_until(lambda: client.rows("SELECT a FROM t") == [(b"db3",)], "reads go to the new address", LONG)


def test_roles_change_places(proxy):
    def swap(tree):
        first, second = main(tree)["servers"]
        first["role"], second["role"] = second["role"], first["role"]
    with Client.connect(proxy.address["split"]) as client:
        changes = reload(proxy, swap)
        assert changes["cluster 'main': server 'db1': role"] == ('"primary"', '"replica"', "now")
        proxy.wait_server("db2", lambda row: row["role"] == "primary", LONG)
        wait_until(lambda: client.rows("SELECT a FROM t FOR UPDATE") == [(b"db2",)], "writes go to db2", LONG)
        assert client.rows("SELECT a FROM t") == [(b"db1",)]


def test_places_of_removed_servers_are_taken_again(proxy, servers):
    """Names that come and go: 60 of them, in a cluster with room for 64 more than it had."""
    with Client.connect(proxy.address["split"]) as client:
        for i in range(30):
            def edit(tree, i=i):
                main(tree)["servers"] = listed(servers[0]) + [
                    {"name": f"r{i}-{j}", "address": servers[1 + j].address, "role": "replica"} for j in (0, 1)]
            reload(proxy, edit)
            names = [row["name"] for row in proxy.show("servers") if row["state"] != "draining"]
            assert sorted(names) == ["db1", f"r{i}-0", f"r{i}-1"]
            assert client.rows("SELECT a FROM t FOR UPDATE") == [(b"db1",)]
        for j in (0, 1):
            row = proxy.wait_server(f"r29-{j}", lambda row: row["state"] == "up", LONG)
            assert row["errors"] == row["losses"] == 0
        wait_until(lambda: len(proxy.show("servers")) == 3, "the others are gone", LONG)
        assert client.rows("SELECT a FROM t")[0][0] in (b"db2", b"db3")


def test_max_connections_of_a_server(proxy):
    assert proxy.server("db2")["connections_max"] != 5
    reload(proxy, lambda tree: main(tree)["servers"][1].update(max_connections=5, weight=7, zone="z"))
    row = proxy.server("db2")
    assert (row["connections_max"], row["weight"], row["zone"]) == (5, 7, "z")
    proxy.write()
    proxy.json("reload")
    wait_until(lambda: proxy.server("db2")["connections_max"] != 5, "as the server says", LONG)


# ---- what is wrong ----

def test_connections_kept_beyond_a_new_limit_are_closed(proxy):
    with Client.connect(proxy.address["split"]) as one, Client.connect(proxy.address["split"]) as two:
        one.query("SELECT a FROM t")
        two.query("SELECT a FROM t")
    proxy.wait_server("db2", lambda row: row["connections_idle"] == 2 and row["connections_active"] == 0)
    wait_until(lambda: proxy.show("version")[0]["sessions"] == 0, "both have gone", LONG)
    reload(proxy, lambda tree: main(tree).update(pool_idle_max=1))
    wait_until(lambda: proxy.server("db2")["connections_idle"] == 1, "one is closed, and one stays", LONG / 2)
    reload(proxy, lambda tree: main(tree).update(pool_idle_max=0))
    wait_until(lambda: proxy.server("db2")["connections_idle"] == 0, "so is the other one", LONG / 2)


def test_a_broken_file_changes_nothing(proxy):
    start = values(proxy)
    change(proxy, lambda tree: tree["timeouts"].update(qeury="1s", query="1s"))
    for command in ("config diff", "reload"):
        assert re.match(rf"error: {re.escape(proxy.path)}:\d+: .*qeury", proxy.admin(command))
    proxy.process.send_signal(signal.SIGHUP)
    wait_until(lambda: proxy.log().count("nothing has changed") == 2, "the signal was heard", LONG)
    assert values(proxy) == start
    os.remove(proxy.path)
    assert proxy.admin("reload").startswith("error: ") and values(proxy) == start
    Client.connect(proxy.address["split"]).close()


def mutate(chance, text):
    """Bytes or lines of it are gone, doubled or others."""
    for _ in range(chance.randint(1, 3)):
        lines = text.split(b"\n")
        at, i = chance.randrange(len(text)), chance.randrange(len(lines))
        other = bytes([chance.randrange(256)])
        text = chance.choice((
            lambda: text[:at] + text[at + chance.randint(1, 8):],
            lambda: text[:at] + other + text[at:],
            lambda: text[:at] + other + text[at + 1:],
            lambda: text[:at] + text[max(0, at - 20):],
            lambda: b"\n".join(lines[:i] + lines[i + 1:]),
            lambda: b"\n".join(lines[:i] + [lines[i]] + lines[i:]),
            lambda: b"\n".join(lines[:i] + [lines[chance.randrange(len(lines))]] + lines[i + 1:]),
        ))() or b"\n"
    return text


def sample(proxy):
    """conf/headgate.conf, with this proxy's addresses, and comments without which it is shorter."""
    with open(os.path.join(ROOT, "conf", "headgate.conf"), encoding="utf-8") as f:
        text = re.sub(r"^ *# .*\n", "", f.read(), flags=re.M)
    return re.sub(r'"/run/headgate/[a-z.]*"', '"' + proxy.admin_socket + '"', text, count=1).encode()


def test_broken_configurations_name_a_line_and_change_nothing(proxy):
    """`headgate -t` is asked which ones are broken; those that are not are not reloaded, but compared."""
    start, chance = values(proxy), random.Random(int(os.environ.get("HEADGATE_SEED", "6")))
    whole = sample(proxy)
    with open(proxy.path, "wb") as f:
        f.write(whole)
    assert isinstance(proxy.json("config diff"), list), "the sample itself is good"
    broken = 0
    with Client.connect(proxy.address["split"]) as client:
        while broken < MUTATIONS:
            with open(proxy.path, "wb") as f:
                f.write(mutate(chance, whole))
            answer = proxy.admin("config diff")
            if not answer.startswith("error: "):
                continue
            broken += 1
            assert re.match(rf"error: {re.escape(proxy.path)}:[1-9]\d*: .", answer), answer
            assert proxy.admin("reload") == answer
            if broken % 20 == 0:
                checked = subprocess.run([BINARY, "-t", "-c", proxy.path], capture_output=True, text=True, timeout=LONG,
                                         check=False, errors="surrogateescape")
                first = next(line for line in checked.stderr.splitlines() if "chmod" not in line)
                assert "is new" in answer or "is missing" in answer or (
                    checked.returncode == 1 and answer.startswith("error: " + first)), (answer, first)
                assert client.query("DO 1").oks and values(proxy) == start


# ---- under traffic ----

def run_reads_and_writes(proxy, listener, stop, failures, rounds):
    """One session, and now and then a new one; a round more is in the list after each few statements."""
    try:
        while not stop.is_set():
            with Client.connect(proxy.address[listener], timeout=LONG) as client:
                for _ in range(20):
                    assert len(client.rows("SELECT a FROM t")) == 1
                    assert client.query("DO 1").oks
                    client.query("BEGIN")
                    assert client.rows("SELECT a FROM t") == [(b"db1",)]
                    client.query("COMMIT")
                    rounds.append(1)
    except Exception as failure:  # noqa: BLE001: whatever it is, the test tells it
        failures.append(failure)


def shuffled(chance, servers, round_):
    """Everything that may change at any time, changed."""
    def edit(tree):
        replicas = listed(*servers[1:])
        chosen = replicas if round_ % 3 == 0 else [replicas[round_ % 2]]
        for replica in chosen:
            replica.update(weight=chance.randint(1, 9), zone=chance.choice("ab"), max_connections=chance.randint(20, 90))
        main(tree).update(servers=listed(servers[0]) + chosen, zone=chance.choice("ab"),
                          balance=chance.choice(("least", "round_robin")), pool=chance.choice(("transaction", "session")),
                          consistency=chance.choice(("session", "eventual", "strong")),
                          primary_reads=chance.choice(("fallback", "share")), pool_idle_max=chance.randint(0, 9))
        main(tree)["monitor"].update(interval=f"{chance.randint(100, 900)}ms", rise=chance.randint(1, 2))
        tree["timeouts"].update(query=chance.choice(("off", "50s")), idle_client=chance.choice(("50s", "8h")),
                                pool_wait="50s", primary_wait="50s", server_lifetime=chance.choice(("1m", "off")))
        tree["log"] = {"level": chance.choice(("debug", "info")), "format": chance.choice(("text", "json"))}
        tree["limits"] = {"max_clients": chance.randint(50, 90), "max_clients_per_address": chance.randint(50, 90)}
        tree["users"][0].update(max_connections=chance.randint(40, 90), consistency=chance.choice(("inherit", "session")))
        tree["users"].append({"name": f"user{round_}", "password": "x"})
        tree["listeners"][2].update(mode=chance.choice(("replica", "split")), max_clients=chance.randint(1, 9))
        tree["listeners"].append({"name": f"listener{round_}", "cluster": "main",
                                  "address": os.path.join(os.path.dirname(tree["admin"]["socket"]), f"l{round_}.sock")})
    return edit


def test_reloads_under_traffic_are_not_noticed(proxy, servers):
    """20 of them, of everything at once, under 8 threads: no error, and memory and files stay what they were."""
    stop, failures, rounds, chance = threading.Event(), [], [], random.Random(20)
    threads = [threading.Thread(target=run_reads_and_writes, args=(proxy, "split", stop, failures, rounds))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for round_ in range(20):
            enough = len(rounds) + 40
            assert reload(proxy, shuffled(chance, servers, round_))
            wait_until(lambda enough=enough: len(rounds) >= enough or failures, "statements are served", LONG)
            if round_ == 9:
                memory = proxy.rss()
    finally:
        stop.set()
        for thread in threads:
            thread.join(LONG)
    assert not failures, failures[0]
    proxy.write()
    proxy.json("reload")
    assert proxy.rss() - memory < memory_margin()
    wait_until(lambda: proxy.show("version")[0]["sessions"] == 0, "everybody has gone", LONG)
    losses = [(row["name"], row["losses"], row["connect_failures"]) for row in proxy.show("servers")]
    assert all(row[1:] == (0, 0) for row in losses), losses


def test_memory_stays_flat_over_hundreds_of_reloads(proxy, servers):
    def many(count):
        chance = random.Random(7)
        for round_ in range(count):
            reload(proxy, shuffled(chance, servers, round_))
    with Client.connect(proxy.address["split"]) as client:
        many(20)
        before, files = proxy.rss(), proxy.fds()
        many(400)
        assert proxy.rss() - before < memory_margin() / 4
        assert proxy.fds() <= files + 8
        assert client.query("DO 1").oks
