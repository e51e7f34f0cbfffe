"""headgate's HTTP as tests read it: pages, and metrics as a mapping."""

import http.client
import json
import re
import socket

TIMEOUT_S = 60
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')


def address_of(proxy):
    """Where its HTTP is: with port 0 only its log knows."""
    return re.search(r"are at http://(\S+?)\"?$", proxy.log(), re.M).group(1)


def dial(address):
    """A socket to "host:port" or "/path"."""
    if address.startswith("/"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(TIMEOUT_S)
        sock.connect(address)
        return sock
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), TIMEOUT_S)


def connection(address):
    """An http.client connection, which may carry several requests."""
    made = http.client.HTTPConnection("localhost", timeout=TIMEOUT_S)
    made.sock = dial(address)
    return made


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


def get(address, path, method="GET", over=None, **options):
    """One request, on a connection of its own or `over` another."""
    link = over or connection(address)
    link.request(method, path, **options)
    answer = Answer(link.getresponse())
    if not over:
        link.close()
    return answer


class Metrics:
    """What /metrics says: value("name", label="…"); every line must be one of the format's."""

    def __init__(self, text):
        self.text, self.types, self.samples, self.helps = text, {}, {}, {}
        for line in text.splitlines():
            if line.startswith("# HELP "):
                _, _, name, self.helps[name] = line.split(" ", 3)
            elif line.startswith("# TYPE "):
                _, _, name, self.types[name] = line.split(" ", 3)
            else:
                self._note(line)

    def _note(self, line):
        name, labels, value = SAMPLE.fullmatch(line).groups()
        found = LABEL.findall(labels or "")
        assert "".join(f'{k}="{v}",' for k, v in found) == (labels + "," if labels else ""), line
        key = (name, frozenset(found))
        assert key not in self.samples, f"twice: {line}"
        self.samples[key] = float(value)

    def value(self, name, **labels):
        return self.samples[name, frozenset(labels.items())]

    def all(self, name, **labels):
        """{labels: value} of every sample of that name with at least these labels."""
        wanted = set(labels.items())
        return {found: value for (its, found), value in self.samples.items() if its == name and wanted <= found}


def metrics(address):
    """All of them: where a worker of a busy machine did not answer in time, they are asked for again."""
    for _ in range(10):
        answer = get(address, "/metrics")
        assert answer.status == 200, answer.body
        found = Metrics(answer.body.decode())
        if found.all("headgate_sessions"):
            return found
    raise AssertionError("no worker answers")
