"""What bash offers at a TAB: the commands of the running headgate, and the names that it has."""

import subprocess

import pytest

from client import Client
from shipped import BINARY, CTL, in_tree, run

pytestmark = pytest.mark.room("ctl")


def offered(program, *typed):
    """The completions of the last word typed, sorted; program is named by its path, as if it were in $PATH."""
    function = "_" + program.rpartition("/")[2]
    script = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' f'{function}; '
              '[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\\n" "${COMPREPLY[@]}"')
    path = in_tree("conf", "completion", program.rpartition("/")[2])
    done = subprocess.run(["bash", "--norc", "-euc", script, path, program, *typed], capture_output=True, text=True,
                          timeout=60, check=True)
    assert done.stderr == ""
    return sorted(set(done.stdout.splitlines()))


@pytest.fixture
def ctl(running):
    return lambda *typed: offered(CTL, "-s", running.admin_socket, *typed)


def test_commands_are_those_of_the_running_proxy(ctl, running):
    commands = {row["command"] for row in running.json("help")}
    own = {"top"} if " top" in run(CTL, "--help") else set()  # without a proxy
    assert ctl("") == sorted({command.split()[0] for command in commands} | own)
    assert ctl("show", "") == sorted({command.split()[1] for command in commands if command.startswith("show ")})
    assert ctl("dra") == ["drain"]


def test_names_are_those_of_the_running_proxy(ctl):
    assert ctl("drain", "") == ["db1", "db2"]
    assert ctl("drain", "db2") == ["db2"]
    assert ctl("pause", "") == ["main"]
    assert ctl("show", "cluster", "") == ["main"]
    assert "drain" in ctl("help", "d")
    assert ctl("show", "servers", "") == []


def test_sessions_are_offered_by_their_numbers(ctl, running):
    with Client.connect(running.address["primary"]) as client:
        assert client.query("DO 1").error is None
        assert ctl("kill", "") == [str(row["id"]) for row in running.show("sessions")] != []


def test_options_are_those_that_the_programs_take():
    said = run(CTL, "--help")
    long_ones = [word for word in offered(CTL, "--")]
    assert {"--json", "--socket"} <= set(long_ones) and all(word in said for word in long_ones)
    assert offered(BINARY, "--s") == ["--sample", "--states"]
    assert {"-c", "-t", "--version"} <= set(offered(BINARY, "-"))


def test_files_are_offered_where_one_is_meant(tmp_path):
    (tmp_path / "headgate.conf").touch()
    assert offered(BINARY, "-c", str(tmp_path / "head")) == [str(tmp_path / "headgate.conf")]
    assert offered(CTL, "--socket", str(tmp_path / "head")) == [str(tmp_path / "headgate.conf")]


def test_nobody_there_offers_nothing(tmp_path):
    assert offered(CTL, "-s", str(tmp_path / "nobody"), "show", "") == []
