"""A real MySQL or MariaDB cluster on loopback, for trying things and for tests.

    with Cluster.start(flavour="mariadb", replicas=2) as c:
        c.sql("db1", "CREATE TABLE app.t (id INT PRIMARY KEY)")
        c.sync()
        c.node("db2").kill()
"""

from .cluster import Cluster
from .config import DURABLE
from .errors import SandboxError
from .galera import GaleraCluster
from .wait import wait_for

__all__ = ["DURABLE", "Cluster", "GaleraCluster", "SandboxError", "wait_for"]
