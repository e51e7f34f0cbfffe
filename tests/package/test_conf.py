"""The ready-made configurations, and what rotates the logs."""

import os
import re

import pytest

from shipped import BINARY, in_tree, need, run

pytestmark = pytest.mark.room("settings")

EXAMPLES = sorted(os.listdir(in_tree("conf", "examples")))


def placed(name, folder):
    """A copy of an example with the password files that it names."""
    with open(in_tree("conf", "examples", name), encoding="utf-8") as f:
        text = f.read()
    for password in set(re.findall(r'password_file = "([^"]+)"', text)):
        (folder / password).touch(mode=0o600)
        (folder / password).write_text("a password\n")
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_good(name, tmp_path):
    path = placed(name, tmp_path)
    assert run(BINARY, "-t", "-c", path) == f"{path}: good\n"
    with open(path, "a", encoding="utf-8") as f:
        f.write("no_such_key = 1;\n")
    assert "no_such_key" in run(BINARY, "-t", "-c", path, status=1)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_begin_with_what_they_are_for(name):
    with open(in_tree("conf", "examples", name), encoding="utf-8") as f:
        assert re.match(r"# [A-Z].{40,}\n", f.readline())


def test_logs_are_rotated(tmp_path):
    """logrotate itself, on a folder of this test's: the log moves away, and the process would hear of it."""
    need("logrotate", "logrotate")
    log, state, conf = tmp_path / "headgate.log", tmp_path / "state", tmp_path / "conf"
    log.write_text("a line\n")
    with open(in_tree("conf", "headgate.logrotate"), encoding="utf-8") as f:
        text = f.read()
    assert "--signal=USR1 headgate.service" in text
    text = re.sub(r"^ *su .*\n", "", text, flags=re.M).replace("/var/log/headgate", str(tmp_path))
    text = re.sub(r"(?s)( postrotate\n).*?( *endscript)", rf"\1touch {tmp_path}/told\n\2", text)
    conf.write_text(text)
    conf.chmod(0o644)
    run("logrotate", "--force", "--state", str(state), str(conf))
    assert not log.exists() and (tmp_path / "headgate.log.1").read_text() == "a line\n"
    assert (tmp_path / "told").exists()
    conf.write_text(text + "/nowhere {\n nosuchword\n}\n")
    assert "nosuchword" in run("logrotate", "--debug", "--state", str(state), str(conf), status=1)


def test_an_accounts_file_is_what_systemd_reads(tmp_path):
    need("systemd-sysusers", "systemd")
    said = run("systemd-sysusers", "--dry-run", f"--root={tmp_path}", in_tree("conf", "headgate.sysusers"))
    assert "headgate" in said
