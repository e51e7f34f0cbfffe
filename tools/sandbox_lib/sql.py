"""Running SQL on a server of the sandbox."""

from .errors import SandboxError

try:
    import pymysql
except ImportError as e:
    raise SandboxError("python3-pymysql is not installed: run `tools/setup test`") from e

Error = pymysql.MySQLError


def is_interrupted(error):
    """MySQL's KILL may interrupt the login of whoever has the killed one's thread next (seen, MySQL 9.7, 1 of 30,000): 1158,
    numbered as if the client had not spoken, which pymysql takes for a packet out of order.
    """
    return isinstance(error, pymysql.err.InternalError) or error.args[:1] == (1158,)


def connect_socket(path, user="root", password="", timeout=30, **options):
    """A connection over the server's Unix socket."""
    options.update(unix_socket=path, user=user, password=password, charset="utf8mb4", autocommit=True, connect_timeout=timeout,
                   read_timeout=timeout, write_timeout=timeout, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
    for _ in range(2):
        try:
            return pymysql.connect(**options)
        except pymysql.MySQLError as error:
            if not is_interrupted(error):
                raise
    return pymysql.connect(**options)


def connect_tcp(host, port, user, password, tls, **options):
    """A connection over TCP; caching_sha2_password wants it encrypted (tls)."""
    if tls:
        # Any true dictionary asks for TLS; without a CA nothing is verified.
        options.setdefault("ssl", {"verify_mode": False})
    options.setdefault("autocommit", True)
    options.setdefault("charset", "utf8mb4")
    options.setdefault("connect_timeout", 30)
    # connect_timeout does not cover the greeting: a paused server never sends it.
    options.setdefault("read_timeout", 60)
    return pymysql.connect(host=host, port=port, user=user, password=password, **options)


def run(connection, text):
    """Run text, which may be several statements; a list of (columns, rows)."""
    results = []
    with connection.cursor() as cursor:
        cursor.execute(text)
        while True:
            columns = [d[0] for d in cursor.description] if cursor.description else []
            results.append((columns, list(cursor.fetchall())))
            if not cursor.nextset():
                return results
