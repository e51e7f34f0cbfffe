"""headgate's admin socket, by headgatectl and bare."""

import json
import socket
import subprocess

from proxy import CTL


def ctl(hg, *words, ok=True):
    """What headgatectl prints, or with ok=False what it says of an error."""
    done = subprocess.run([CTL, "-s", hg.admin_socket, *words], capture_output=True, text=True, timeout=20)
    assert (done.returncode == 0) == ok, (done.returncode, done.stdout, done.stderr)
    return done.stdout if ok else done.stderr


def ctl_json(hg, *words):
    return json.loads(ctl(hg, "--json", *words))


def raw(hg, text):
    """What the socket itself answers, until it closes."""
    with socket.socket(socket.AF_UNIX) as admin:
        admin.settimeout(20)
        admin.connect(hg.admin_socket)
        admin.sendall(text.encode())
        answer = b""
        while piece := admin.recv(65536):
            answer += piece
    return answer.decode()
