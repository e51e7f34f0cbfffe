"""headgate that knows the servers' stored code."""

from proxy import wait_until

# Beside what the sandbox's monitor may do anyway (performance_schema).
GRANTS = {"mariadb": ["SELECT ON mysql.proc", "SELECT ON mysql.func", "SHOW VIEW, TRIGGER, SELECT ON *.*"],
          "mysql": ["SHOW_ROUTINE ON *.*", "SHOW VIEW, TRIGGER, SELECT ON *.*"]}
# (Reads wait for their replica, however long that takes.)
SETTINGS = {"read_functions": True, "read_functions_interval": "100ms", "slow_start": "off", "consistency_wait": "20s"}


def grant(cluster):
    """The monitor may see all stored code."""
    for right in GRANTS[cluster.family]:
        cluster.sql("db1", f"GRANT {right} TO 'monitor'@'%'")
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
