"""A change of primary in the single steps of a manual switchover, with any time between them."""

from sandbox_lib import dialect, replication


def demote(cluster):
    """The present primary takes no more writes; what was running is over when this returns."""
    cluster.primary().set_read_only(True)


def catch_up(cluster, name):
    """The replica has all that the primary has, which is read-only by now."""
    replication.wait_for_position(cluster.node(name), replication.position_of(cluster.primary()))


def detach(cluster, name):
    """The replica follows nobody any more."""
    node, words = cluster.node(name), dialect.of(cluster.family)
    node.sql(words.stop)
    node.sql(words.forget)


def open_for_writes(cluster, name):
    cluster.node(name).set_read_only(False)


def take_over(cluster, name):
    """The sandbox goes by the new primary, too."""
    with cluster.store.change() as data:
        data["primary"] = name


def follow(cluster):
    """All others are made replicas of the present primary, the one that was it before among them."""
    primary = cluster.primary()
    others = [node for node in cluster.nodes() if node.name != primary.name]
    for node in others:
        replication.follow(node, primary)
    for node in others:
        replication.wait_replicating(node)


def reattach(cluster, name):
    """A replica that was made writable by mistake is one again."""
    node = cluster.node(name)
    node.set_read_only(True)
    replication.follow(node, cluster.primary())
    replication.wait_replicating(node)
