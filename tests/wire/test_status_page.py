"""The status page in a browser: what headgate knows is drawn, and drawn anew by itself."""

import contextlib
import re
import signal

import pytest

import replies as r
import web
from browser import PATIENCE_S, Browser
from client import Client
from fakeserver import FakeServer
from proxy import Proxy

pytestmark = pytest.mark.room("http")


@pytest.fixture(scope="module")
def servers():
    found = [FakeServer("db1")] + [FakeServer(name, role="replica") for name in ("db2", "db3")]
    yield found
    for server in found:
        server.stop()


def row(name):
    return f"document.querySelector('tr[data-server={name}]')"


def test_page_draws_what_there_is_and_follows_an_ejection(servers):
    signal.alarm(4 * PATIENCE_S)  # a browser on a busy machine takes longer than a test otherwise may
    listed = [{"name": s.name, "address": s.address, "role": s.role} for s in servers]
    # Once is enough, and for long: it is still out when the page is looked at.
    ejection = {"failures": 1, "base": "10m", "max": "1h"}
    with Proxy({"main": listed}, extra={"http": {"address": "127.0.0.1:0"}},
               cluster_settings={"ejection": ejection}, timeouts={"primary_wait": "2s"}) as proxy, Browser() as browser:
        page = browser.open(f"http://{web.address_of(proxy)}/")
        page.wait("document.body.dataset.draws > 0")
        assert page.value("[...document.querySelectorAll('tr[data-server]')].map(row => row.dataset.server)") == [
            "db1", "db2", "db3"]
        assert page.value(f"{row('db1')}.innerText").split()[:4] == ["db1", servers[0].address, "primary", "up"]
        assert page.value("document.getElementById('verdict').innerText") == "all is well"
        assert page.value("document.querySelectorAll('tr[data-listener]').length") == len(Proxy.LISTENERS)
        assert page.value("document.querySelectorAll('tr[data-event]').length") >= 3

        servers[1].on_login = lambda connection: False  # probes go on
        with Client.connect(proxy.address["split"], timeout=PATIENCE_S) as client, contextlib.suppress(r.Err):
            client.query("SELECT 1 /* headgate: server=db2 */")
        page.wait(f"{row('db2')}.dataset.state === 'ejected'")  # without a reload
        assert "ejected" in page.value(f"{row('db2')}.innerText")
        told = page.value("document.getElementById('verdict').innerText")
        assert re.search(r"main: server db2 is ejected, role replica: .*sessions failed there", told)
        assert page.value("document.querySelector('tr[data-event=db2]').innerText").count("ejected") == 1
        # What others have written is text, and never becomes elements.
        row_of_digests = '[{text: "SELECT ? <img src=x>", user: "app", count: 3, errors: 1, total_us: 1500, shape: "new"}]'
        page.value(f"document.body.append(digest_table({row_of_digests}))")
        assert page.value("document.body.lastChild.innerText").split("\n")[-1].split("\t") == [
            "SELECT ? <img src=x>", "app", "3", "1", "1.5 ms"]
        assert page.value("document.querySelectorAll('img').length") == 0
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
