"""The status page in a browser: what headgate knows is drawn, and drawn anew by itself."""

import re

import pytest

import web
from browser import Browser
from client import Client
from fakeserver import FakeServer
from proxy import Proxy, wait_until


@pytest.fixture(scope="module")
def servers():
    found = [FakeServer("db1")] + [FakeServer(name, role="replica") for name in ("db2", "db3")]
    yield found
    for server in found:
        server.stop()


def row(name):
    return f"document.querySelector('tr[data-server={name}]')"


def is_out(proxy):
    """Whoever comes reads somewhere; was it db2, that has had its failure."""
    with Client.connect(proxy.address["split"], timeout=60.0) as client:
        assert client.query("SELECT 1").error is None
    return proxy.server("db2")["state"] == "ejected"


def test_page_draws_what_there_is_and_follows_an_ejection(servers):
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in servers]
    # Once is enough, and for long: it is still out when the page is looked at.
    ejection = {"failures": 1, "base": "10m", "max": "1h"}
    with Proxy({"main": listed}, extra={"http": {"address": "127.0.0.1:0"}},
               cluster_settings={"ejection": ejection}) as proxy, Browser() as browser:
        page = browser.open(f"http://{web.address_of(proxy)}/")
        page.wait("document.body.dataset.draws > 0")
        assert page.value("[...document.querySelectorAll('tr[data-server]')].map(row => row.dataset.server)") == [
            "db1", "db2", "db3"]
        assert page.value(f"{row('db1')}.innerText").split()[:4] == ["db1", servers[0].address, "primary", "up"]
        assert page.value("document.getElementById('verdict').innerText") == "all is well"
        assert page.value("document.querySelectorAll('tr[data-listener]').length") == len(Proxy.LISTENERS)
        assert page.value("document.querySelectorAll('tr[data-event]').length") >= 3

        servers[1].on_login = lambda connection: False  # probes go on
        wait_until(lambda: is_out(proxy), "db2 is ejected", 30)
        page.wait(f"{row('db2')}.dataset.state === 'ejected'")  # without a reload
        assert "ejected" in page.value(f"{row('db2')}.innerText")
        told = page.value("document.getElementById('verdict').innerText")
        assert re.search(r"main: server db2 is ejected, role replica: .*sessions failed there", told)
        assert page.value("document.querySelector('tr[data-event=db2]').innerText").count("ejected") == 1
        light = page.value("getComputedStyle(document.body).backgroundColor")
        page.dark(True)
        assert page.value("getComputedStyle(document.body).backgroundColor") != light
        assert page.value("performance.getEntriesByType('resource').every(found => found.name.startsWith(location.origin))")
        assert page.photograph().startswith(b"\x89PNG")
        assert page.errors == []

        proxy.stop()
        page.wait("document.body.classList.contains('stale')")
        assert page.value("document.getElementById('verdict').innerText").startswith("no answer from headgate since ")
        proxy.stop = proxy.check_log
