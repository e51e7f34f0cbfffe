"""The Debian package from its installation to its purge, in a root that has nothing else."""

import json
import os
import re
import signal
import subprocess

import pytest

import cleanroot
from service_manager import Manager
from shipped import BUILD, ROOT, run

pytestmark = pytest.mark.room("app")

CONF = "/etc/headgate/headgate.conf"
LOGROTATE = "/etc/logrotate.d/headgate"
WANTED = "/etc/systemd/system/multi-user.target.wants/headgate.service"
UNIT = "/usr/lib/systemd/system/headgate.service"

# What dpkg and adduser keep of whatever was done.
HISTORY = re.compile(r"var/(log/(dpkg|alternatives)\.log|lib/dpkg/.*-old|cache/debconf/.*-old|lib/dpkg/(lock.*|triggers/.*))$"
                     r"|etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|etc/\.pwd\.lock$|run/adduser$|tmp/headgate_.*\.deb$")


def field(package, name):
    return run("dpkg-deb", "--field", package, name).strip()


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Two versions; the later one has other conffiles."""
    first = run("tools/deb", BUILD, "1.0-1", cwd=ROOT).strip()
    first = os.path.join(ROOT, first)
    folder = tmp_path_factory.mktemp("deb")
    tree = str(folder / "tree")
    run("dpkg-deb", "--raw-extract", first, tree)
    for name, old, new in (("DEBIAN/control", "Version: 1.0-1", "Version: 1.1-1"),
                           (CONF[1:], "# headgate's configuration.", "# headgate's later configuration."),
                           (LOGROTATE[1:], "rotate 14", "rotate 15")):
        path = os.path.join(tree, name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        assert old in text, name
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new, 1))
    second = str(folder / "headgate_1.1-1.deb")
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, second)
    yield first, second
    os.unlink(first)


@pytest.fixture
def root(packages):
    why = cleanroot.why_not()
    if why:
        pytest.skip(why)
    with cleanroot.CleanRoot(field(packages[0], "Depends")) as made:
        yield made


class Service:
    """headgate in the root, as its unit starts it."""

    def __init__(self, root):
        self.root = root
        unit = root.read(UNIT)
        self.settings = re.findall(r"^([A-Za-z]+)=(.*)$", unit, re.M)
        for name in ("RuntimeDirectory", "LogsDirectory"):
            base = {"RuntimeDirectory": "/run", "LogsDirectory": "/var/log"}[name]
            self._make_folder(os.path.join(base, self.one(name)), int(self.one(name + "Mode"), 8))
        self.manager = Manager(root.file("/run"))
        os.chmod(self.manager.path, 0o777)
        self.log = os.path.join(root.folder, "log")
        self.process = root.start(self.one("ExecStart").split(), self.one("User"),
                                  {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1000000"}, self.log)

    def one(self, name):
        found = [value for key, value in self.settings if key == name]
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def _make_folder(self, path, mode):
        os.makedirs(self.root.file(path), exist_ok=True)
        self.root.run("chown", f"{self.one('User')}:{self.one('Group')}", path)
        os.chmod(self.root.file(path), mode)

    def reload(self):
        for key, value in self.settings:
            if key == "ExecReload":
                self.root.run("sh", "-c", f"export MAINPID={self.process.pid}; exec {value}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.said()

    def said(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.manager.close()


def owner(root, path):
    """user:group mode, by the root's own accounts."""
    return root.run("stat", "-c", "%U:%G %a", path).strip()


def change(root, path, old, new):
    with open(root.file(path), "r+", encoding="utf-8") as f:
        text = f.read()
        assert old in text
        f.seek(0)
        f.write(text.replace(old, new))
        f.truncate()


def check_service(root):
    """It starts, answers those who may ask, reloads, and stops."""
    with Service(root) as service:
        ready = service.manager.hear_until(lambda m: "READY" in m or service.process.poll() is not None)
        assert ready.get("READY") == "1", service.said()
        servers = json.loads(root.run("headgatectl", "--json", "show", "servers", user="headgate:headgate"))
        assert [row["name"] for row in servers] == ["db1", "db2", "db3"]
        refused = root.run("headgatectl", "show", "servers", user="nobody:nogroup", status=1)
        assert "Permission denied" in refused
        service.manager.hear_until(lambda m: "WATCHDOG" in m)
        service.reload()
        service.manager.hear_until(lambda m: "RELOADING" in m)
        service.manager.hear_until(lambda m: "READY" in m)
        service.stop()
        service.manager.hear_until(lambda m: "STOPPING" in m)
    assert os.listdir(root.file("/run/headgate")) == []
    os.rmdir(root.file("/run/headgate"))


def test_life_of_the_package(root, packages):
    first, second = packages
    before, accounts = root.listing(), [root.read("/etc/passwd"), root.read("/etc/group")]

    root.run("dpkg", "--install", root.take(first))
    assert owner(root, "/etc/headgate") == "root:headgate 750"
    assert owner(root, CONF) == "root:headgate 640"
    assert "nologin" in next(line for line in root.read("/etc/passwd").splitlines() if line.startswith("headgate:"))
    assert root.run("readlink", "-f", WANTED).strip() == UNIT
    check_service(root)

    change(root, CONF, '# headgate\'s configuration.', "# Our configuration.")
    ours = root.read(CONF)
    root.run("dpkg", "--force-confold", "--install", root.take(second))
    assert root.run("dpkg-query", "-W", "-f", "${Status} ${Version}", "headgate") == "install ok installed 1.1-1"
    assert root.read(CONF) == ours and owner(root, CONF) == "root:headgate 640"
    assert "rotate 15" in root.read(LOGROTATE)
    check_service(root)

    root.run("dpkg", "--remove", "headgate")
    assert root.read(CONF) == ours and os.path.exists(root.file(LOGROTATE))
    assert not os.path.exists(root.file("/usr/sbin/headgate")) and not os.path.exists(root.file(UNIT))

    root.run("dpkg", "--purge", "headgate")
    left = {path for path in root.listing() - before if not HISTORY.match(path)}
    assert not left, sorted(left)
    assert before - root.listing() == set()
    assert [root.read("/etc/passwd"), root.read("/etc/group")] == accounts


def test_a_configuration_that_is_not_good_does_not_start(root, packages):
    """What systemd's `reload`, and postinst before a restart, ask first."""
    root.run("dpkg", "--install", root.take(packages[0]))
    change(root, CONF, 'cluster = "main";', 'cluster = "mian";')
    with pytest.raises(AssertionError, match=r"/etc/headgate/headgate\.conf:\d+: .*mian"):
        with Service(root) as service:
            service.reload()
    said = subprocess.run(["chroot", root.path, "headgate", "-c", CONF], capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 1 and re.search(r"headgate\.conf:\d+: ", said.stderr)


class Systemd:
    """A systemctl that writes down what it is asked for, in a root that believes to have systemd.

    It knows one thing: whether the service was enabled, for which deb-systemd-helper asks it by `preset`.
    """

    def __init__(self, root):
        self.root = root
        os.makedirs(root.file("/run/systemd/system"))
        with open(root.file("/usr/bin/systemctl"), "x", encoding="ascii") as f:
            f.write('#!/bin/sh\necho "$*" >> /run/asked\n'
                    'case "$*" in *preset*headgate.service) echo enabled >/run/enabled ;;\n'
                    '*is-enabled*) cat /run/enabled ;; esac\n')
        os.chmod(root.file("/usr/bin/systemctl"), 0o755)

    def asked(self):
        """What was done to the service since the last time this was asked."""
        try:
            words = self.root.read("/run/asked").split()
            os.unlink(self.root.file("/run/asked"))
        except FileNotFoundError:
            return []
        return [word for word in words if word in ("start", "stop", "restart", "daemon-reload")]


def test_the_service_is_started_and_stopped_with_the_package(root, packages):
    first, second = packages
    systemd = Systemd(root)
    said = root.run("dpkg", "--install", root.take(first))
    assert "tell /etc/headgate/headgate.conf where your servers are" in said
    assert systemd.asked() == ["daemon-reload", "start"], said
    root.run("dpkg", "--install", root.take(second))
    assert systemd.asked()[-2:] == ["daemon-reload", "restart"]
    change(root, CONF, 'cluster = "main";', 'cluster = "mian";')
    said = root.run("dpkg", "--force-confold", "--install", root.take(first))
    assert re.search(r"headgate\.conf:\d+: .*mian", said) and "is not good, nothing was started" in said
    asked = systemd.asked()
    assert "daemon-reload" in asked and not {"start", "restart", "stop"} & set(asked)
    root.run("dpkg", "--purge", "headgate")
    assert systemd.asked()[:1] == ["stop"]


def test_the_package_is_what_debian_expects(packages):
    first, _ = packages
    depends = field(first, "Depends")
    assert {"libc6", "libev4", "adduser"} <= set(re.findall(r"(?:^|, )([a-z0-9.+-]+)", depends)), depends
    contents = run("dpkg-deb", "--contents", first)
    assert all(line.split()[1] == "root/root" for line in contents.splitlines())
    assert not re.search(r" \./(usr/local|tmp|home|root)/", contents)
    for name in ("usr/sbin/headgate", "usr/bin/headgatectl", "usr/share/man/man8/headgate.8.gz", CONF[1:],
                 "usr/share/bash-completion/completions/headgatectl", "usr/share/doc/headgate/copyright"):
        assert f" ./{name}\n" in contents, name


def test_the_same_source_gives_the_same_package(packages):
    first, _ = packages
    with open(first, "rb") as f:
        before = f.read()
    run("tools/deb", BUILD, "1.0-1", cwd=ROOT)
    with open(first, "rb") as f:
        assert f.read() == before
