"""The accounts and schemas that every sandbox has."""

SCHEMAS = ("app", "app2", "test", "sbtest")

PASSWORDS = {
    "app": "app_pw",
    "other": "other_pw",
    "monitor": "monitor_pw",
    "repl": "repl_pw",
    "root": "",
}

# The privileges of headgate's monitor, per family: those of the README.
MONITOR_GRANTS = {
    "mariadb": (
        "BINLOG MONITOR, SLAVE MONITOR ON *.*",
        "SHOW VIEW, TRIGGER, REFERENCES ON *.*",
        "SELECT ON mysql.proc",
        "SELECT ON mysql.func",
    ),
    "mysql": (
        "REPLICATION CLIENT ON *.*",
        "SHOW VIEW, TRIGGER, SHOW_ROUTINE ON *.*",
        "SELECT ON performance_schema.user_defined_functions",
    ),
}


def setup_statements(family):
    """The statements that turn a freshly initialised server into the template."""
    yield from _clean(family)
    for schema in SCHEMAS:
        yield f"CREATE DATABASE IF NOT EXISTS `{schema}`"
    for user in ("app", "other", "monitor", "repl"):
        yield _create_user(family, user, PASSWORDS[user])
    for user in ("app", "other"):
        for schema in SCHEMAS:
            yield f"GRANT ALL PRIVILEGES ON `{schema}`.* TO '{user}'@'%'"
    yield "GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%'"
    for privileges in MONITOR_GRANTS[family]:
        yield f"GRANT {privileges} TO 'monitor'@'%'"


def _clean(family):
    """Leave one root, by socket, and nobody without a name."""
    if family == "mariadb":
        yield ("DELETE FROM mysql.global_priv WHERE User = '' "
               "OR (User = 'root' AND Host <> 'localhost')")
        yield "DELETE FROM mysql.db WHERE User IN ('', 'PUBLIC')"
        yield "FLUSH PRIVILEGES"


def _create_user(family, user, password):
    if family == "mariadb":
        return (f"CREATE USER '{user}'@'%' IDENTIFIED VIA mysql_native_password "
                f"USING PASSWORD('{password}')")
    return f"CREATE USER '{user}'@'%' IDENTIFIED WITH caching_sha2_password BY '{password}'"
