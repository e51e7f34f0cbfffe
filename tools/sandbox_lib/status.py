"""What a sandbox looks like right now."""

from . import replication, sql


def cluster_status(cluster):
    """A dictionary with the cluster's and every node's present state."""
    data = cluster.store.read()
    return {
        "directory": cluster.directory,
        "flavour": data["flavour"],
        "version": data["version"],
        "primary": data["primary"],
        "nodes": [_node_status(node) for node in cluster.nodes()],
    }


def _node_status(node):
    facts = node.cluster.store.node(node.name)
    status = {key: facts[key] for key in ("name", "host", "port", "pid")}
    status["state"] = node.state()
    if status["state"] == "running":
        try:
            status["read_only"] = bool(int(node.value("SELECT @@GLOBAL.read_only + 0")))
            status["gtid"] = replication.position_of(node)
            status["replication"] = node.replication()
        except sql.Error as e:
            status["error"] = str(e)
    return status


def as_table(status):
    """The same for people."""
    rows = [("NODE", "PORT", "PID", "STATE", "MODE", "FOLLOWS", "LAG", "GTID")]
    for node in status["nodes"]:
        rows.append((
            node["name"] + ("*" if node["name"] == status["primary"] else ""),
            str(node["port"]), str(node["pid"] or "-"), node["state"],
            _mode(node), _follows(node), _lag(node), _shorten(node.get("gtid"))))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in rows]
    lines.append(f"{status['flavour']} {status['version']} in {status['directory']}"
                 "   (* = the primary)")
    lines += [f"{node['name']}: {problem}" for node in status["nodes"]
              for problem in _problems(node)]
    return "\n".join(lines)


def _mode(node):
    if "read_only" not in node:
        return "-"
    return "read-only" if node["read_only"] else "writable"


def _follows(node):
    link = node.get("replication")
    if not link:
        return "-"
    return f"{link['host']}:{link['port']} io={link['io']} sql={link['sql']}"


def _lag(node):
    link = node.get("replication")
    return "-" if not link or link["lag"] is None else f"{link['lag']}s"


def _shorten(gtid):
    text = (gtid or "-").replace("\n", "")
    return text if len(text) <= 60 else text[:57] + "..."


def _problems(node):
    link = node.get("replication") or {}
    found = [node.get("error"), link.get("io_error"), link.get("sql_error")]
    return [problem for problem in found if problem]
