"""Chromium without a window, spoken to over a pipe (its DevTools protocol): pages are opened, asked, photographed.

    with Browser() as browser:
        page = browser.open("http://127.0.0.1:6070/")
        page.wait("document.querySelectorAll('tr').length > 3")
"""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from sandbox_lib.process import dying_with_parent

PATIENCE_S = 60


def high_pipe():
    """A pipe whose ends are neither 3 nor 4."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in low)
    for fd in low:
        os.close(fd)
    return high


class Page:
    """One tab."""

    def __init__(self, browser, session):
        self._browser, self._session = browser, session
        self.errors = []  # what scripts threw, and what was refused or not found

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def value(self, expression):
        """What a JavaScript expression gives."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression, timeout=PATIENCE_S):
        """Until the expression gives something true; that."""
        deadline = time.monotonic() + timeout
        while not (found := self.value(expression)):
            assert time.monotonic() < deadline, (expression, self.errors, self.value("document.body.innerText"))
            time.sleep(0.05)
        return found

    def dark(self, is_dark):
        feature = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def photograph(self, path=None):
        """A PNG of the whole page; written to `path` as well, if there is one."""
        png = base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])
        if path:
            with open(path, "wb") as file:
                file.write(png)
        return png


class Browser:
    """A Chromium of its own, with a profile that is thrown away."""

    def __init__(self, width=1280, height=1000):
        self._size = f"{width},{height}"
        self._number, self._input = 0, b""
        self._pages = {}

    def __enter__(self):
        binary = shutil.which("chromium")
        assert binary, "chromium is not installed: see tools/packages"
        self._profile = tempfile.mkdtemp(prefix="headgate-browser-")
        theirs_in, self._out = high_pipe()
        self._in, theirs_out = high_pipe()

        def become_3_and_4():  # as the protocol wants them
            os.dup2(theirs_in, 3)
            os.dup2(theirs_out, 4)

        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                 "--disable-sync", "--no-proxy-server", "--hide-scrollbars", "--remote-debugging-pipe",
                 f"--window-size={self._size}", f"--user-data-dir={self._profile}", "about:blank"]
        self._process = subprocess.Popen(dying_with_parent([binary, *flags]), preexec_fn=become_3_and_4, pass_fds=(3, 4),
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         env={**os.environ, "HOME": self._profile, "DBUS_SESSION_BUS_ADDRESS": "disabled:"},
                                         start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError, AssertionError):
            self.call("Browser.close")
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Runtime", "Log", "Page"):
            page.call(f"{domain}.enable")
        page.call("Page.navigate", url=url)
        page.wait("document.readyState === 'complete'")
        return page

    def call(self, method, session=None, **parameters):
        """One command and its answer; what comes in between is noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        self._send(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._note(answer)

    def _note(self, event):
        page = self._pages.get(event.get("sessionId"))
        if page and event["method"] == "Runtime.exceptionThrown":
            page.errors.append(event["params"]["exceptionDetails"])
        elif page and event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            page.errors.append(event["params"]["entry"])

    def _send(self, data):
        while data:
            data = data[os.write(self._out, data):]

    def _receive(self):
        while b"\0" not in self._input:
            ready, _, _ = select.select([self._in], [], [], PATIENCE_S)
            assert ready, "the browser says nothing"
            data = os.read(self._in, 1 << 20)
            assert data, "the browser is gone"
            self._input += data
        message, _, self._input = self._input.partition(b"\0")
        return json.loads(message)
