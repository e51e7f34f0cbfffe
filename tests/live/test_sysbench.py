"""sysbench with 64 threads: reads on the replicas only, transactions on the primary only, no error."""

import re
import subprocess

import pytest

from headgate import Counters

pytestmark = [pytest.mark.room("session", "command", "frontend"), pytest.mark.threads, pytest.mark.long]

THREADS = 64
SECONDS = 4
TABLES = ["--tables=2", "--table-size=2000"]


def sysbench(hg, listener, script, *options):
    """Runs sysbench; its output. Any error ends it with a status of its own."""
    host, port = hg.host_and_port(listener)
    command = ["sysbench", script, f"--mysql-host={host}", f"--mysql-port={port}", "--mysql-user=app",
               "--mysql-password=app_pw", "--mysql-db=sbtest", *TABLES, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "FATAL" not in done.stdout + done.stderr
    return done.stdout


def run(hg, script, mode, *options):
    output = sysbench(hg, "split", script, f"--threads={THREADS}", f"--time={SECONDS}", "--report-interval=0",
                      f"--db-ps-mode={mode}", *options, "run")
    queries = int(re.search(r"total:\s+(\d+)", output).group(1))
    errors = int(re.search(r"ignored errors:\s+(\d+)", output).group(1))
    reconnects = int(re.search(r"reconnects:\s+(\d+)", output).group(1))
    assert queries > THREADS and reconnects == 0, output
    return queries, errors


@pytest.fixture(scope="module", autouse=True)
def prepared_tables(cluster, running):
    sysbench(running, "writes", "oltp_read_write", "prepare")
    cluster.sync()


@pytest.mark.smoke
@pytest.mark.parametrize("mode", ["auto", "disable"])
@pytest.mark.parametrize("script, options", [("oltp_point_select", []), ("oltp_read_only", ["--skip_trx=on"])],
                         ids=["oltp_point_select", "oltp_read_only"])
def test_reads_run_on_the_replicas_only(cluster, hg, script, options, mode):
    counters = Counters(cluster)
    queries, errors = run(hg, script, mode, *options)
    since = counters.since(at_least=queries)
    assert errors == 0
    assert since["db1"][:2] == (0, 0)
    assert since["db2"][0] + since["db3"][0] == queries
    # Not half each: on two cores the kernel may favour one server's threads for seconds.
    assert since["db2"][0] > THREADS and since["db3"][0] > THREADS


@pytest.mark.smoke
@pytest.mark.parametrize("mode", ["auto", "disable"])
def test_transactions_run_on_the_primary_only(cluster, hg, mode):
    """Deadlocks are the workload's own: sysbench ignores them, and so does this."""
    counters = Counters(cluster)
    queries, _ = run(hg, "oltp_read_write", mode)
    since = counters.since()
    assert since["db2"][:2] == since["db3"][:2] == (0, 0)
    assert since["db1"][0] > queries / 2
