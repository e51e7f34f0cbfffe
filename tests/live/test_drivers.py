"""Real drivers: each reports the same through headgate as at the primary."""

import hashlib
import json
import os
import shutil
import subprocess

import pytest

from sandbox_lib.cache import made_once

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.long]

DRIVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drivers")
NODE = os.path.join(DRIVERS, "node")

STORIES = {
    "mariadb_command_line": ["/usr/bin/python3", os.path.join(DRIVERS, "mariadb_cli_story.py")],
    "pymysql": ["/usr/bin/python3", os.path.join(DRIVERS, "pymysql_story.py")],
    "php_mysqli": ["php", os.path.join(DRIVERS, "mysqli_story.php")],
    "php_mysqli_compressed": ["env", "STORY_COMPRESS=1", "php", os.path.join(DRIVERS, "mysqli_story.php")],
    "perl_dbd_mariadb": ["perl", os.path.join(DRIVERS, "dbd_mariadb_story.pl")],
    "node_mysql2": ["node", os.path.join(NODE, "mysql2.js")],
    "node_mariadb": ["node", os.path.join(NODE, "mariadb.js")],
    "connector_j": ["java", "ConnectorJStory"],
}
CONNECTOR_J = "/usr/share/java/mariadb-java-client.jar"


def node_modules():
    """The packages of the lock file, installed once into the cache outside the clone."""
    lock = os.path.join(NODE, "package-lock.json")
    with open(lock, "rb") as f:
        name = "node-drivers-" + hashlib.sha256(f.read()).hexdigest()[:16]

    def install(folder):
        for file in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(NODE, file), folder)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True,
                       capture_output=True, timeout=110)
    return os.path.join(made_once(name, install), "node_modules")


def java_classes():
    """The folder of the compiled story, made once into the cache outside the clone. (ecj: it needs no JDK.)"""
    source = os.path.join(DRIVERS, "ConnectorJStory.java")
    with open(source, "rb") as f:
        name = "java-driver-" + hashlib.sha256(f.read()).hexdigest()[:16]

    def compile_to(folder):
        subprocess.run(["ecj", "-17", "-proc:none", "-nowarn", "-cp", CONNECTOR_J, "-d", folder, source], check=True,
                       capture_output=True, timeout=110)
    return made_once(name, compile_to)


def tell(cluster, command, host, port):
    nodes = " ".join(f"{node.host}:{node.port}" for node in cluster.nodes())
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "STORY_NODES": nodes}
    if command[0] == "node":
        environment["NODE_PATH"] = node_modules()
    if command[0] == "java":
        environment["CLASSPATH"] = f"{java_classes()}:{CONNECTOR_J}"
    done = subprocess.run([*command, host, str(port), "app", "app_pw", "test"], capture_output=True, text=True, timeout=100,
                          env=environment, check=False)
    assert done.returncode == 0, f"{os.path.basename(command[-1])}: {done.stderr[-4000:]}\n{done.stdout[-1000:]}"
    return json.loads(done.stdout)


def differences(one, other):
    """The steps that were told differently, shortened."""
    pairs = [(a, b) for a, b in zip(one, other) if a != b]
    return [(str(a)[:1500], str(b)[:1500]) for a, b in pairs] + ([] if len(one) == len(other) else ["not as long"])


@pytest.fixture(scope="module")
def told_directly(cluster):
    for name in ("bä", "bÃ¤"):  # the second is the first one's utf8, read as latin1
        cluster.sql("db1", f"CREATE DATABASE `{name}`; GRANT ALL ON `{name}`.* TO app@'%'")
    cluster.sql("db1", "CREATE TABLE `bÃ¤`.latin1_story (id INT PRIMARY KEY, vc VARCHAR(20)); INSERT INTO `bÃ¤`.latin1_story VALUES (2, 'wrong')")
    cluster.sync()
    node, told = cluster.node("db1"), {}

    def story(name):
        if name not in told:
            told[name] = tell(cluster, STORIES[name], node.host, node.port)
        return told[name]
    return story


@pytest.mark.parametrize("listener", ["split", "writes"])
@pytest.mark.parametrize("name", STORIES)
def test_story_is_the_same_through_headgate(cluster, hg, told_directly, name, listener):
    directly = told_directly(name)
    assert len(directly) > 9
    assert differences(tell(cluster, STORIES[name], *hg.host_and_port(listener)), directly) == []
