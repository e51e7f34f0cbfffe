"""Replication in the words of each family. Statements only; nothing here connects."""


class MariaDB:
    """GTID replication by position lists: domain-server-sequence."""

    stop = "STOP SLAVE"
    start = "START SLAVE"
    forget = "RESET SLAVE ALL"
    status = "SHOW SLAVE STATUS"
    position = "SELECT @@GLOBAL.gtid_binlog_pos"
    columns = {"host": "Master_Host", "port": "Master_Port", "io": "Slave_IO_Running",
               "sql": "Slave_SQL_Running", "lag": "Seconds_Behind_Master",
               "io_error": "Last_IO_Error", "sql_error": "Last_SQL_Error",
               "delay": "SQL_Delay", "received": "Gtid_IO_Pos"}

    @staticmethod
    def follow(host, port, user, password):
        """The statement that makes a server follow the one at host:port."""
        return (f"CHANGE MASTER TO MASTER_HOST='{host}', MASTER_PORT={port}, "
                f"MASTER_USER='{user}', MASTER_PASSWORD='{password}', "
                "MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, "
                "MASTER_HEARTBEAT_PERIOD=1, MASTER_DELAY=0")

    @staticmethod
    def was_primary():
        """What a server that wrote by itself needs before it can follow.

        gtid_slave_pos knows only what was replicated; its own writes are
        in the binary log.
        """
        return "SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_binlog_pos"

    @staticmethod
    def delay(seconds):
        return f"CHANGE MASTER TO MASTER_DELAY={seconds}"

    @staticmethod
    def caught_up(position):
        """A query that is 1 when everything up to position is applied here."""
        return f"SELECT MASTER_GTID_WAIT('{position}', 0) = 0"


class MySQL:
    """GTID replication by sets of uuid:interval."""

    stop = "STOP REPLICA"
    start = "START REPLICA"
    forget = "RESET REPLICA ALL"
    status = "SHOW REPLICA STATUS"
    position = "SELECT @@GLOBAL.gtid_executed"
    columns = {"host": "Source_Host", "port": "Source_Port", "io": "Replica_IO_Running",
               "sql": "Replica_SQL_Running", "lag": "Seconds_Behind_Source",
               "io_error": "Last_IO_Error", "sql_error": "Last_SQL_Error",
               "delay": "SQL_Delay", "received": "Retrieved_Gtid_Set"}

    @staticmethod
    def follow(host, port, user, password):
        """The statement that makes a server follow the one at host:port."""
        return (f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{host}', SOURCE_PORT={port}, "
                f"SOURCE_USER='{user}', SOURCE_PASSWORD='{password}', "
                "SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1, "
                "SOURCE_RETRY_COUNT=1000000, SOURCE_HEARTBEAT_PERIOD=1, SOURCE_DELAY=0")

    @staticmethod
    def was_primary():
        """Nothing: gtid_executed knows everything, wherever it came from."""
        return "DO 0"

    @staticmethod
    def delay(seconds):
        return f"CHANGE REPLICATION SOURCE TO SOURCE_DELAY={seconds}"

    @staticmethod
    def caught_up(position):
        """A query that is 1 when everything up to position is applied here."""
        return f"SELECT GTID_SUBSET('{position}', @@GLOBAL.gtid_executed)"


def of(family):
    """The dialect of a family."""
    return MariaDB if family == "mariadb" else MySQL
