"""make install puts everything where it belongs, overwrites no configuration, and make uninstall takes it all away."""

import os
import re
import stat

import pytest

from shipped import BUILD, ROOT, in_tree, run

pytestmark = pytest.mark.room("app")


@pytest.fixture
def destination(tmp_path):
    """A folder that stands for the root of a machine, beneath a name with a blank."""
    return str(tmp_path / "some machine")


def install(destination, prefix="/opt/headgate"):
    run("tools/install", BUILD, prefix, destination, cwd=ROOT)


def uninstall(destination, prefix="/opt/headgate"):
    return run("tools/install", "--remove", BUILD, prefix, destination, cwd=ROOT)


def files(destination):
    return {os.path.relpath(os.path.join(folder, name), destination)
            for folder, _, names in os.walk(destination) for name in names}


def test_everything_is_there(destination):
    install(destination)
    there = files(destination)
    assert {"opt/headgate/sbin/headgate", "opt/headgate/bin/headgatectl", "opt/headgate/share/man/man8/headgate.8",
            "opt/headgate/share/man/man1/headgatectl.1", "opt/headgate/share/man/man5/headgate.conf.5",
            "opt/headgate/lib/systemd/system/headgate.service", "opt/headgate/lib/sysusers.d/headgate.conf",
            "opt/headgate/share/bash-completion/completions/headgate",
            "opt/headgate/share/bash-completion/completions/headgatectl", "etc/headgate/headgate.conf",
            "etc/logrotate.d/headgate", "opt/headgate/share/doc/headgate/README.md"} <= there
    for folder in ("examples", "prometheus", "grafana"):
        for name in os.listdir(in_tree("conf", folder)):
            below = name if folder == "examples" else f"{folder}/{name}"
            assert f"opt/headgate/share/doc/headgate/examples/{below}" in there
    assert run(os.path.join(destination, "opt/headgate/sbin/headgate"), "-V").startswith("headgate ")


def test_what_has_passwords_is_not_for_everybody(destination):
    install(destination)
    folder = os.path.join(destination, "etc/headgate")
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o750
    assert stat.S_IMODE(os.stat(os.path.join(folder, "headgate.conf")).st_mode) == 0o640


def test_the_unit_starts_what_was_installed(destination):
    install(destination)
    with open(os.path.join(destination, "opt/headgate/lib/systemd/system/headgate.service"), encoding="utf-8") as f:
        programs = re.findall(r"^Exec\w+=(\S*headgate)\b", f.read(), re.M)
    assert programs and set(programs) == {"/opt/headgate/sbin/headgate"}


def test_a_configuration_is_never_overwritten(destination):
    install(destination)
    path = os.path.join(destination, "etc/headgate/headgate.conf")
    with open(path, "a", encoding="utf-8") as f:
        f.write("# ours\n")
    install(destination)
    with open(path, encoding="utf-8") as f:
        assert f.read().endswith("# ours\n")
    assert "was changed, and stays" in uninstall(destination)
    assert files(destination) == {"etc/headgate/headgate.conf"}


def test_nothing_stays(destination):
    install(destination)
    uninstall(destination)
    assert files(destination) == set()
    uninstall(destination)


def test_make_says_the_same(destination):
    """The words of the Makefile, as packagers use them."""
    command = ("make", "-s", "--no-print-directory", "-o", "all")
    where = (f"BUILD={BUILD}", "PREFIX=/usr", f"DESTDIR={destination}")
    run(*command, "install", *where, cwd=ROOT)
    assert "usr/sbin/headgate" in files(destination)
    run(*command, "uninstall", *where, cwd=ROOT)
    assert files(destination) == set()
