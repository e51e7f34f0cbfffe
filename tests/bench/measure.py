"""The measurements. Each takes the bench and a target and gives a dictionary of numbers; wrong replies raise Fault.

All but connects are taken between two moments of a `load --sync`: everybody is logged in and (--warm) has been answered
once, and all replies are in.
"""

import contextlib
import glob
import json
import mmap
import os
import re
import signal
import struct
import subprocess
import time

from processes import Fault, Process

PATIENCE_S = 600  # under strace and valgrind everything is slow; load itself gives up on a reply after 30 s
IO_CALLS = {
    "read": ("read", "recvfrom", "recvmsg", "readv"),
    "write": ("write", "sendto", "sendmsg", "writev", "splice"),
    "wait": ("epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "select"),
    "epoll_ctl": ("epoll_ctl",),
}


class Load:
    """A load generator that stops at each moment of --sync."""

    def __init__(self, bench, target, **options):
        self.target = target
        self.process = Process(f"load-{target.name}", bench.load_argv(target, sync=True, **options), bench.folder,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def go(self):
        self.process.tell()
        result = json.loads(self.process.read_line(PATIENCE_S))
        if result["errors"]:
            raise Fault(f"{self.target.name}: {result['errors']} wrong replies: {self.process.last_words()}")
        return result

    def __enter__(self):
        try:
            self.process.read_line(PATIENCE_S)  # "ready"
        except Fault:
            self.process.stop()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.process.child.stdin.close()  # whatever moment it still waits for has come
            status = self.process.child.wait(60)
            self.process.stop()
            if status:
                raise Fault(f"{self.target.name}: load ended with {status}: {self.process.last_words()}")
            if self.target.process:
                self.target.process.check_alive()
        else:
            self.process.stop(signal.SIGKILL)


def counters(target):
    proxy = target.process
    return {"cpu_ns": proxy.cpu_ns(), "waits": proxy.waits()} if proxy else {}


def queries(bench, target, **options):
    """CPU and waits of the proxy per query; rate and latency as the client sees them."""
    with Load(bench, target, warm=True, **options) as load:
        before = counters(target)
        result = load.go()
        after = counters(target)
    for name in before:
        result[f"{name}_per_query"] = (after[name] - before[name]) / result["requests"]
    return result


def connects(bench, target, **options):
    before_retries = syn_retransmissions()
    result = queries(bench, target, mode="connect", **options)
    result["syn_retransmissions"] = syn_retransmissions() - before_retries
    return result


def syn_retransmissions():
    """A connect that waited a second for a lost SYN says something about the kernel's tables, not about a proxy."""
    with open("/proc/net/netstat") as f:
        names, values = [line.split()[1:] for line in f if line.startswith("TcpExt:")]
    return int(dict(zip(names, values)).get("TCPSynRetrans", 0))


def big(bench, target, mib):
    with Load(bench, target, mode="big", big=mib, requests=1) as load:
        before = counters(target)
        if target.process:
            rss_kib = target.process.memory_kib("VmRSS")
            target.process.forget_peak()
        result = load.go()
        result["mib_per_second"] = mib / result["seconds"]
        if target.process:
            result["cpu_us_per_mib"] = (counters(target)["cpu_ns"] - before["cpu_ns"]) / 1000 / mib
            result["rss_before_kib"] = rss_kib
            result["peak_rss_kib"] = target.process.memory_kib("VmHWM")
    return result


def idle(bench, name, clients, seconds):
    """Memory per client that has logged in and does nothing, and the CPU all of them cost."""
    target = bench.start(name, clients=clients)
    try:
        before_kib = target.process.memory_kib("RssAnon")
        with Load(bench, target, mode="query", requests=0, connections=clients):
            with_clients_kib = target.process.memory_kib("RssAnon")
            before_ns = target.process.cpu_ns()
            time.sleep(seconds)
            cpu_ns = target.process.cpu_ns() - before_ns
    finally:
        target.stop()
    return {"clients": clients, "bytes_per_client": (with_clients_kib - before_kib) * 1024 / clients,
            "cpu_us_per_second": cpu_ns / 1000 / seconds}


# ---- system calls: strace counts between the two moments ----

def syscalls(bench, target, strace, connections, requests):
    out = os.path.join(bench.folder, f"strace-{target.name}")
    with Load(bench, target, mode="query", warm=True, connections=connections, requests=requests) as load:
        tracer = Process(f"strace-{target.name}", [strace, "-f", "-c", "-U", "name,calls", "-o", out,
                                                   "-p", str(target.process.pid)], bench.folder,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        tracer.read_line(10)  # "Process N attached"; the other threads' lines follow at once
        time.sleep(0.3)
        load.go()
        tracer.stop(signal.SIGINT)
    with open(out) as f:
        calls = {m[1]: int(m[2]) for m in re.finditer(r"^(\w+)\s+(\d+)$", f.read(), re.M)}
    calls.pop("total", None)
    if not calls:
        raise Fault(f"strace saw nothing of {target.name}: {tracer.last_words()}")
    result = {kind: sum(calls.get(c, 0) for c in names) / requests for kind, names in IO_CALLS.items()}
    known = {c for names in IO_CALLS.values() for c in names}
    result["other"] = sum(n for c, n in calls.items() if c not in known) / requests
    result["calls"] = calls
    return result


# ---- allocations: malloc_count.so writes into a page we map ----

def allocations(bench, name, connections, requests):
    page = os.path.join(bench.folder, f"allocations-{name}")
    with open(page, "wb") as f:
        f.truncate(4096)
    env = {"LD_PRELOAD": bench.tool("malloc_count.so"), "MALLOC_COUNT_FILE": page}
    target = bench.start(name, env=env)
    try:
        queries(bench, target, mode="query", connections=connections, requests=10 * connections)
        with Load(bench, target, mode="query", warm=True, connections=connections, requests=requests) as load:
            before = allocation_counts(page)
            load.go()
            after = allocation_counts(page)
    finally:
        target.stop()
    if not sum(before.values()):
        raise Fault(f"{name} does not allocate with malloc: nothing was counted")
    delta = {what: after[what] - before[what] for what in after}
    made = sum(delta[what] for what in ("malloc", "calloc", "realloc", "aligned"))
    return {"per_query": made / requests, "bytes_per_query": delta["bytes"] / requests, "counts": delta}


def allocation_counts(page):
    with open(page, "rb") as f, mmap.mmap(f.fileno(), 4096, access=mmap.ACCESS_READ) as words:
        return dict(zip(("malloc", "calloc", "realloc", "aligned", "free", "bytes"), struct.unpack_from("<6Q", words)))


# ---- instructions: callgrind over N and 2N queries; the difference has no start-up in it ----

def instructions(bench, name, valgrind, connections, requests):
    """Of the thread that serves the queries: other threads work by the clock."""
    few = instructions_of_run(bench, name, valgrind, connections, requests)
    many = instructions_of_run(bench, name, valgrind, connections, 2 * requests)
    thread = max(many, key=lambda thread: many[thread] - few.get(thread, 0))
    runs = [few.get(thread, 0), many[thread]]
    return {"per_query": (runs[1] - runs[0]) / requests, "runs": runs}


def instructions_of_run(bench, name, valgrind, connections, requests):
    """{thread: instructions}"""
    out = os.path.join(bench.folder, f"callgrind-{name}-{connections}-{requests}")
    target = bench.start(name, wrap=[valgrind, "--tool=callgrind", "--separate-threads=yes",
                                     f"--callgrind-out-file={out}"], clients=100)
    try:
        queries(bench, target, mode="query", connections=connections, requests=requests)
    finally:
        target.stop()
    threads = glob.glob(f"{out}-*")
    return {path[len(out):]: callgrind_total(path, name) for path in threads or [out]}


def callgrind_total(out, name):
    with contextlib.suppress(FileNotFoundError), open(out) as f:
        totals = re.findall(r"^(?:totals|summary): (\d+)", f.read(), re.M)
        if totals:
            return int(totals[-1])
    raise Fault(f"callgrind left no totals of {name}")


# ---- classify(): a program of its own, run with N and 2N texts; the difference has no start-up in it ----

def classify(bench, size, valgrind, total_bytes):
    few = max(total_bytes // size // 100, 10)
    ns = json.loads(run_classify(bench, size, total_bytes // size))["ns"]
    made = [allocations_of_classify(bench, size, count) for count in (few, 2 * few)]
    if made[1] != made[0]:
        raise Fault(f"classify() of {size} bytes allocates: {made} times for {few} and {2 * few} texts")
    runs = [instructions_of_classify(bench, size, valgrind, count) for count in (few, 2 * few)]
    instructions = (runs[1] - runs[0]) / few
    return {"ns": ns, "ns_per_byte": ns / size, "instructions": instructions,
            "instructions_per_byte": instructions / size, "allocations": 0}


def run_classify(bench, size, count, wrap=(), **env):
    done = subprocess.run([*wrap, bench.tool("classify"), str(size), str(count)], env={**os.environ, **env},
                          capture_output=True, text=True, timeout=PATIENCE_S)
    if done.returncode:
        raise Fault(f"classify {size} {count} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def allocations_of_classify(bench, size, count):
    page = os.path.join(bench.folder, f"allocations-classify-{size}-{count}")
    with open(page, "wb") as f:
        f.truncate(4096)
    run_classify(bench, size, count, LD_PRELOAD=bench.tool("malloc_count.so"), MALLOC_COUNT_FILE=page)
    counts = allocation_counts(page)
    if not counts["malloc"]:
        raise Fault("classify's own malloc was not counted")
    return sum(counts[what] for what in ("malloc", "calloc", "realloc", "aligned"))


def instructions_of_classify(bench, size, valgrind, count):
    out = os.path.join(bench.folder, f"callgrind-classify-{size}-{count}")
    run_classify(bench, size, count, wrap=[valgrind, "--tool=callgrind", f"--callgrind-out-file={out}"])
    return callgrind_total(out, "classify")
