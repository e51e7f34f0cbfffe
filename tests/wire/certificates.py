"""Certificates for tests, made by the openssl program: authorities, and what they sign."""

import functools
import os
import subprocess

import scratch


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


@functools.cache
def folder():
    return scratch.folder()


def make(name, subject, days=30, signer=None, kind="EC"):
    """A key and a certificate, self-signed or by the authority `signer`: the paths of both."""
    key, certificate = (os.path.join(folder(), f"{name}.{end}") for end in ("key", "pem"))
    algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "EC" else ["-newkey", "rsa:2048"]
    by = ["-CA", signer + ".pem", "-CAkey", signer + ".key"] if signer else []
    openssl("req", "-x509", *algorithm, "-nodes", "-subj", subject, "-days", str(days), "-keyout", key, "-out", certificate,
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", *by)
    return certificate, key


def authority(name="ca"):
    """A certificate that signs others: the path without its ending, .pem or .key."""
    path = os.path.join(folder(), name)
    if not os.path.exists(path + ".pem"):
        make(name, f"/CN=authority {name}")
    return path


@functools.cache
def server(number=0, days=30):
    return make(f"server-{number}-{days}", f"/CN=server {number}", days, authority())


@functools.cache
def client(name="app", by="ca"):
    return make(f"client-{name}-{by}", f"/C=SE/O=Shop/CN={name}", 30, authority(by))


@functools.cache
def whole(number=0, days=30):
    """Certificate and key in one file."""
    path = os.path.join(folder(), f"whole-{number}-{days}.pem")
    write(path, *server(number, days))
    return path


def write(path, *parts):
    """These files behind each other in one, in place of what was there."""
    data = b"".join(open(part, "rb").read() for part in parts)
    with open(path + ".new", "wb") as f:
        f.write(data)
    os.rename(path + ".new", path)
