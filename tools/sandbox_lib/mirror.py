"""Where this machine gets Debian's packages from, as its own apt is told."""

import glob
import os
import re

from .errors import SandboxError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_FILES = ("/etc/apt/sources.list.d/*.sources", "/etc/apt/sources.list",
          "/etc/apt/sources.list.d/*.list")


def debian_mirror():
    """The address of the Debian mirror in this machine's apt sources."""
    for pattern in _FILES:
        for path in sorted(glob.glob(pattern)):
            with open(path, encoding="utf-8") as f:
                text = f.read()
            found = _deb822(text) if path.endswith(".sources") else _one_line(text)
            if found:
                return found
    raise SandboxError("found no Debian mirror in this machine's apt sources "
                       f"({', '.join(_FILES)}): the fetched flavours come from one")


def _is_debian(uri):
    """Whether an address is of the main archive, not of updates or of others."""
    return re.search(r"/debian/?$", uri) is not None


def _deb822(text):
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z-]+):\s*(.*)$", stanza, re.M))
        if "deb" not in fields.get("Types", "").split() or fields.get("Enabled") == "no":
            continue
        for uri in fields.get("URIs", "").split():
            if _is_debian(uri):
                return uri
    return None


def _one_line(text):
    for line in text.splitlines():
        words = re.sub(r"\[.*?\]", "", line.split("#")[0]).split()
        if len(words) >= 3 and words[0] == "deb" and _is_debian(words[1]):
            return words[1]
    return None


def require_keyring():
    """The signatures are checked; that needs Debian's keys."""
    if not os.path.exists(KEYRING):
        raise SandboxError(f"{KEYRING} is missing: install debian-archive-keyring")
    return KEYRING
