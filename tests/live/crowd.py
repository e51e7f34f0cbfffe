"""Thousands of clients in one process, each a few hundred lines of nothing: they log in, run statements, and measure
how long each took. On mysql_native_password, as headgate speaks it to clients."""

import asyncio
import time
from dataclasses import dataclass, field

import mysqlwire as w
import replies as r
from handshake import Greeting, Response, native_token


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    took: list = field(default_factory=list)   # seconds, one for each statement
    errors: list = field(default_factory=list)
    caps: int = 0

    async def packet(self):
        header = await self.reader.readexactly(4)
        return await self.reader.readexactly(int.from_bytes(header[:3], "little"))

    async def log_in(self, user="app", password="app_pw", schema="test"):
        first = await self.packet()
        if first[:1] == b"\xff":
            raise r.parse_err(first)
        greeting = Greeting.parse(first)
        self.caps = (w.OLD_CAPS | w.CONNECT_WITH_DB) & (greeting.caps | w.CONNECT_WITH_DB)
        answer = Response(user.encode(), native_token(password, greeting.nonce), self.caps, schema.encode(), 45).payload()
        self.writer.write(w.packet(1, answer))
        reply = await self.packet()
        if reply[:1] == b"\xff":
            raise r.parse_err(reply)
        assert reply[:1] == b"\0", reply

    async def query(self, sql):
        """The rows of one statement, as payloads; an ERR is raised. Timed."""
        began = time.monotonic()
        self.writer.write(w.packet(0, b"\x03" + sql.encode()))
        try:
            return await self._reply()
        finally:
            self.took.append(time.monotonic() - began)

    async def _reply(self):
        first = await self.packet()
        if first[:1] == b"\xff":
            raise r.parse_err(first)
        if first[:1] == b"\0":
            return []
        rows, ends = [], 0
        while ends < 2:  # the definitions' EOF, and the rows'
            payload = await self.packet()
            if payload[:1] == b"\xff":
                raise r.parse_err(payload)
            if payload[:1] == b"\xfe" and len(payload) < 9:
                ends += 1
            elif ends == 1:
                rows.append(payload)
        return rows

    async def close(self):
        self.writer.write(w.packet(0, b"\x01"))
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass


async def connect(host, port, **login):
    client = Client(*await asyncio.open_connection(host, port, limit=1 << 14))
    try:
        await client.log_in(**login)
    except BaseException:
        client.writer.close()
        raise
    return client


async def connect_all(host, port, count, at_once=50, users=(("app", "app_pw"),)):
    """So many clients, logged in, of these (user, password) in turn; at most so many logging in at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(user, password):
        async with gate:
            return await connect(host, port, user=user, password=password)
    return await asyncio.gather(*(one(*users[number % len(users)]) for number in range(count)))


@dataclass
class Waits:
    """Of a crowd: how long its clients' statements took in all."""
    totals: list
    statements: int
    seconds: float

    @classmethod
    def of(cls, clients, seconds):
        totals = sorted(sum(client.took) for client in clients if client.took)
        return cls(totals, sum(len(client.took) for client in clients), seconds)

    def fairness(self):
        """The slowest client's time over the median client's."""
        return self.totals[-1] / self.totals[len(self.totals) // 2]

    def __str__(self):
        return (f"{len(self.totals)} clients, {self.statements} statements in {self.seconds:.1f} s; time in statements: "
                f"fastest {self.totals[0]:.2f} s, median {self.totals[len(self.totals) // 2]:.2f} s, "
                f"slowest {self.totals[-1]:.2f} s; slowest to median {self.fairness():.2f}")


async def run_all(clients, work):
    """work(number, client) of each at the same time; errors are kept with the client."""
    began = time.monotonic()

    async def one(number, client):
        try:
            await work(number, client)
        except (r.Err, OSError, EOFError) as error:
            client.errors.append(error)
    await asyncio.gather(*(one(number, client) for number, client in enumerate(clients)))
    return Waits.of(clients, time.monotonic() - began)
