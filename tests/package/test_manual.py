"""The manual pages: readable by both formatters, and true of what the programs say of themselves.

That they are not stale is looked at by tests/unit/app/test_manual.c.
"""

import os
import re

import pytest

from shipped import BINARY, CTL, in_tree, need, run

pytestmark = pytest.mark.room("app")

PAGES = sorted(os.listdir(in_tree("docs", "man")))


def formatted(page):
    """As one reads it, in very long lines."""
    text = run("mandoc", "-T", "utf8", "-O", "width=500", in_tree("docs", "man", page))
    return re.sub(r".\x08", "", text)


@pytest.mark.parametrize("page", PAGES)
def test_the_formatter_has_no_complaint(page, tmp_path):
    need("mandoc", "mandoc")
    path = in_tree("docs", "man", page)
    assert run("mandoc", "-T", "lint", path) == ""
    with open(path, encoding="utf-8") as f:
        (tmp_path / page).write_text(f.read() + ".SH\n.NOSUCH x\n")
    assert "NOSUCH" in run("mandoc", "-T", "lint", str(tmp_path / page), status=3)


def test_pages_have_every_option(tmp_path):
    need("mandoc", "mandoc")
    for program, page in ((BINARY, "headgate.8"), (CTL, "headgatectl.1")):
        options = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", run(program, "--help")))
        said = formatted(page)
        assert {"-V", "-h", "--help"} <= options
        assert {option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", said)} == set()


def test_the_configurations_page_has_every_key_of_the_sample():
    need("mandoc", "mandoc")
    keys = set(re.findall(r"^ *#?([a-z_]+) = ", run(BINARY, "--sample"), re.M))
    terms = set(re.findall(r"^ +([a-z_]+)(?: |$)", formatted("headgate.conf.5"), re.M))
    assert len(keys) > 40
    assert keys - terms - {"listeners", "clusters", "users", "servers"} == set()
