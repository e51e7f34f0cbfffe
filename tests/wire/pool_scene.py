"""What scenes of pooled connections have in common: headgate in front of one scripted server, db1."""

import mysqlwire as w
from proxy import wait_until


class Parking:
    """A scene: `proxy`, `server` and `client()` are its own."""

    def counts(self):
        row = self.proxy.server("db1")
        return row["connections_active"], row["connections_idle"]

    def wait_for(self, active, idle):
        wait_until(lambda: self.counts() == (active, idle), f"{active} in use and {idle} parked", 60)

    def leave(self, client):
        client.send(w.QUIT)
        client.close()

    def parked(self, *worker, **login):
        """A client comes, runs a statement and goes; its connection, parked."""
        client, before = self.client(*worker, **login), self.counts()[1]
        assert client.query("DO 'first'").oks
        self.leave(client)
        wait_until(lambda: self.counts()[1] == before + 1, "it is parked", 60)
        return self.logins()[-1]

    def logins(self):
        return self.server.application_connections()

    def stat(self, name):
        return next(row["value"] for row in self.proxy.show("stats") if row["name"] == name)


def bytes_of(connection):
    return [c.byte for c in connection.commands]
