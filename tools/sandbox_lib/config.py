"""The text of a server's configuration file."""

import os

from .ports import loopback_addresses


# For Cluster.start(options=…): what was acknowledged, and what replicas have applied, survives SIGKILL. Without it a replica
# was seen to stop for ever (1062, MariaDB 10.11).
DURABLE = {"innodb_flush_log_at_trx_commit": 1, "sync_binlog": 1}


def storage_options(flavour):
    """What the data directory itself depends on: same for template and node."""
    options = {
        "character_set_server": "utf8mb4",
        "innodb_buffer_pool_size": "64M",
        # Small logs: they are copied with every data directory.
        "innodb_log_file_size": "8M",
        # Several servers on one machine soon meet the kernel's limit for it.
        "innodb_use_native_aio": "0",
        "innodb_buffer_pool_dump_at_shutdown": "0",
        "innodb_buffer_pool_load_at_startup": "0",
        "innodb_fast_shutdown": "1",
        # Nobody pulls the plug on a sandbox: a killed process loses nothing
        # that it has handed to the kernel.
        "innodb_flush_log_at_trx_commit": "2",
        "innodb_doublewrite": "0",
    }
    if flavour.family == "mysql":
        del options["innodb_log_file_size"]
        options["innodb_redo_log_capacity"] = "32M"
    return options


def paths(flavour, datadir):
    """Where the server finds its own files, wherever its flavour was unpacked."""
    options = {"basedir": flavour.basedir, "datadir": datadir, "tmpdir": datadir,
               # LOAD DATA INFILE and INTO OUTFILE may be tried anywhere.
               "secure_file_priv": ""}
    if flavour.root:
        options["plugin_dir"] = os.path.join(flavour.basedir, "lib/mysql/plugin")
        options["lc_messages_dir"] = flavour.share()
        options["character_sets_dir"] = os.path.join(flavour.share(), "charsets")
    return options


def server_config(flavour, node, extra):
    """The configuration file of one node, from its entry in cluster.json."""
    options = {
        **paths(flavour, node["datadir"]),
        **storage_options(flavour),
        "port": node["port"],
        "bind_address": ",".join(loopback_addresses()) if node["host"] == "127.0.0.1" else node["host"],
        "socket": node["socket"],
        "pid_file": os.path.join(node["datadir"], "server.pid"),
        "log_error": node["error_log"],
        "general_log": "0",
        "general_log_file": node["general_log"],
        "slow_query_log": "0",
        "slow_query_log_file": node["slow_log"],
        "server_id": node["server_id"],
        "read_only": int(node["read_only"]),
        "report_host": node["host"],
        "report_port": node["port"],
        "skip_name_resolve": "1",
        "max_connections": "500",
        "max_allowed_packet": "64M",
        "local_infile": "1",
        "log_bin": "binlog",
        "relay_log": "relay",
        "sync_binlog": "0",
        **(_mariadb() if flavour.family == "mariadb" else _mysql()),
        **extra,
    }
    lines = [f"{key} = {value}" for key, value in options.items()]
    return "[mysqld]\n" + "\n".join(lines) + "\n"


def _mariadb():
    return {
        "binlog_format": "ROW",
        "log_slave_updates": "1",
        "gtid_strict_mode": "1",
        "slave_net_timeout": "10",
        "performance_schema": "0",
    }


def _mysql():
    return {
        "log_replica_updates": "1",
        "gtid_mode": "ON",
        "enforce_gtid_consistency": "ON",
        "replica_net_timeout": "10",
        "relay_log_recovery": "1",
        # Only `read_only`: an account without privileges cannot tell the two
        # apart, and whoever promotes by hand has one switch to turn.
        "super_read_only": "0",
        "mysqlx": "0",
        # On, because monitors read it, but as small as it gets.
        "performance_schema": "1",
        "performance_schema_digests_size": "200",
        "performance_schema_error_size": "0",
        "performance_schema_events_statements_history_long_size": "0",
        "performance_schema_events_waits_history_long_size": "0",
        "performance_schema_events_transactions_history_long_size": "0",
        "performance_schema_events_stages_history_long_size": "0",
    }
