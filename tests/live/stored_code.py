"""headgate that knows the servers' stored code, or does not."""

from proxy import wait_until
from sandbox_lib import accounts

# (Reads wait for their replica, however long that takes.)
SETTINGS = {"read_functions": True, "read_functions_interval": "100ms", "slow_start": "off", "consistency_wait": "20s"}


def grant(cluster):
    """The monitor may see all stored code, and the bodies of views."""
    for privileges in (*accounts.MONITOR_GRANTS[cluster.family], "SELECT ON *.*"):
        cluster.sql("db1", f"GRANT {privileges} TO 'monitor'@'%'")
    cluster.sync()


def hide(cluster):
    """The monitor may see no stored code."""
    for privileges in accounts.MONITOR_GRANTS[cluster.family][1:]:
        cluster.sql("db1", f"REVOKE {privileges} FROM 'monitor'@'%'")
    cluster.sync()


def known(hg):
    """{(kind, schema.name): effects} of what headgate knows now."""
    return {(row["kind"], f"{row['schema']}.{row['name']}"): row["effects"]
            for row in hg.show("routines") if row["kind"] is not None and row["state"] == "read"}


def wait_known(hg, *names):
    """These (`schema.name`) are known, and nothing is stale."""
    def is_known():
        listed = hg.show("routines")
        found = {f"{row['schema']}.{row['name']}" for row in listed}
        return set(names) <= found and all(row["state"] == "read" for row in listed)
    wait_until(is_known, f"{', '.join(names)} are known")
