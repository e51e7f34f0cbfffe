"""The documents are true where a program can tell: links lead somewhere, each alert is in the runbook, the README's minute works."""

import os
import re
import socket
import subprocess

import pytest
import yaml

from shipped import BUILD, ROOT, in_tree, need, run

pytestmark = pytest.mark.room("app")

PAGES = sorted([name for name in os.listdir(ROOT) if name.endswith(".md")] +
               [os.path.relpath(os.path.join(folder, name), ROOT)
                for folder, _, names in os.walk(in_tree("docs")) for name in names if name.endswith(".md")])


def text_of(page):
    with open(in_tree(page), encoding="utf-8", errors="replace") as f:
        return f.read()


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)


def anchors(page):
    """Of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text_of(page), flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text_of(page))):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        there = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert os.path.exists(in_tree(there)), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page}: {target}"


def test_every_page_can_be_reached():
    """From the README, by links."""
    reached, new = set(), {"README.md"}
    while new:
        page = new.pop()
        reached.add(page)
        links = re.findall(r"\]\(([^)\s#]+\.md)(?:#[^)]*)?\)", without_code(text_of(page)))
        new |= {os.path.normpath(os.path.join(os.path.dirname(page), link)) for link in links} - reached
    assert set(PAGES) <= reached


def test_every_alert_is_in_the_runbook():
    with open(in_tree("conf", "prometheus", "headgate.rules.yml"), encoding="utf-8") as f:
        alerts = [rule["alert"] for group in yaml.safe_load(f)["groups"] for rule in group["rules"]]
    assert len(alerts) > 15
    assert re.findall(r"^### (\w+)$", text_of("docs/guide/runbook.md"), re.M) == alerts


def test_every_room_has_a_page():
    assert {f"docs/architecture/{room}.md" for room in os.listdir(in_tree("src"))} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page):
    """`command/retry.c` is a file of the room command; `retry.c` alone one of any room."""
    listed = [os.path.relpath(os.path.join(folder, name), ROOT)
              for top in ("src", "include", "tests", "tools", "conf", "docs") for folder, _, names in os.walk(in_tree(top))
              for name in names]
    for name in re.findall(r"`([\w/.-]+\.(?:c|h|py|tsv|conf|yml))`", text_of(page)):
        if not name.startswith("/"):
            assert any(f"/{path}".endswith(f"/{name}") for path in listed), f"{page}: {name}"


@pytest.fixture(scope="module")
def words():
    """Of the sources."""
    paths = [os.path.join(folder, name) for top in ("src", "include", "tests/unit", "tests/package")
             for folder, _, names in os.walk(in_tree(top)) for name in names]
    return {word for path in paths for word in re.findall(r"\w+", text_of(path))}


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith(("docs/architecture", "CONTRIBUTING"))])
def test_functions_that_are_named_exist(page, words):
    named = re.findall(r"`([a-z]\w*_\w+)`", re.sub(r"```.*?```", "", text_of(page), flags=re.S))
    assert not [name for name in named if name not in words]


def test_every_reason_of_the_router_is_in_its_page():
    names = re.findall(r"^ROUTE_REASON\(\s*(\w+)", text_of("include/route/tbl/route_reasons.h"), re.M)
    assert len(names) > 20
    assert not [name for name in names if not re.search(rf"\b{name}\b", text_of("docs/architecture/route.md"))]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_the_minute_works_pasted_as_one_script(tmp_path):
    need("mariadbd", "mariadb-server")
    script = re.search(r"^## A minute.*?```sh\n(.*?)```", text_of("README.md"), re.S | re.M).group(1)
    folder = f"{tmp_path}/first"
    for here, there in (("tools/setup build demo && make\n", ""), ("/tmp/first", folder), ("6033", str(free_port())),
                        (" build/headgate", f" {BUILD}/headgate"), ("\nbuild/headgate", f"\n{BUILD}/headgate")):
        assert here in script
        script = script.replace(here, there)
    done = subprocess.run(["bash"], input=script, cwd=ROOT, timeout=120, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    reads = re.findall(r"@@server_id\s+id\n(\d)\s+1\n", done.stdout)
    assert len(reads) == 2 and reads[0] in "23" and reads[1] == "1", done.stdout
    assert re.search(r"^primary .*locking read", done.stdout, re.M), done.stdout
    assert "error " not in done.stdout, done.stdout
    assert not os.path.exists(folder)
