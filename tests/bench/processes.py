"""Processes of the bench: started, watched through /proc, and ended by pid whatever happens."""

import contextlib
import os
import select
import signal
import subprocess
import time

started = []  # all that must not outlive the bench, in the order of birth


class Fault(Exception):
    """A wrong reply, a dead process or a missing answer: what makes the bench fail. Slowness never does."""


class Process:
    def __init__(self, name, argv, folder, env=None, **pipes):
        self.name = name
        self.log = os.path.join(folder, f"{name}.log")
        with open(self.log, "ab") as log:
            pipes.setdefault("stdin", subprocess.DEVNULL)
            pipes.setdefault("stdout", log)
            pipes.setdefault("stderr", log)
            self.child = subprocess.Popen(argv, env={**os.environ, **(env or {})}, bufsize=0, **pipes)
        self.pid = self.child.pid
        started.append(self)

    def last_words(self):
        with open(self.log, errors="replace") as log:
            return " | ".join(log.read().split("\n")[-6:]).strip(" |") or "nothing in its log"

    def check_alive(self):
        if self.child.poll() is not None:
            raise Fault(f"{self.name} died with status {self.child.returncode}: {self.last_words()}")

    def read_line(self, timeout_s):
        """One line of stdout, which must be a pipe and written a line at a time."""
        ready, _, _ = select.select([self.child.stdout], [], [], timeout_s)
        line = self.child.stdout.readline().decode() if ready else ""
        if not line:
            self.check_alive()
            raise Fault(f"{self.name} said nothing for {timeout_s} s: {self.last_words()}")
        return line.strip()

    def tell(self):
        """A newline on stdin, which must be a pipe."""
        with contextlib.suppress(BrokenPipeError):  # its exit status says why
            self.child.stdin.write(b"\n")

    def stop(self, number=signal.SIGTERM, timeout_s=10):
        """Ends it politely, then surely. Returns its exit status."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        try:
            status = self.child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.child.kill()
            status = self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe:
                pipe.close()
        if self in started:
            started.remove(self)
        return status

    # ---- what /proc says of it ----

    def _of_each_thread(self, file):
        base = f"/proc/{self.pid}/task"
        for thread in os.listdir(base):
            with open(f"{base}/{thread}/{file}") as f:
                yield f.read()

    def cpu_ns(self):
        """User and kernel time of its living threads; schedstat counts in nanoseconds."""
        try:
            return sum(int(text.split()[0]) for text in self._of_each_thread("schedstat"))
        except FileNotFoundError:
            self.check_alive()
            with open(f"/proc/{self.pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")

    def waits(self):
        return sum(self._field(text, "voluntary_ctxt_switches") for text in self._of_each_thread("status"))

    def memory_kib(self, field):
        """VmRSS, VmHWM, RssAnon …"""
        with open(f"/proc/{self.pid}/status") as f:
            return self._field(f.read(), field)

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as f:
            f.write("5")

    @staticmethod
    def _field(status, name):
        for line in status.splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)


def stop_all():
    for process in reversed(list(started)):
        process.stop(timeout_s=3)


def wait_until(what, is_true, timeout_s, every_s=0.1):
    deadline = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline:
            raise Fault(f"{what}: not within {timeout_s} s")
        time.sleep(every_s)
