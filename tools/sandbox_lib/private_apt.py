"""The ordinary apt client with a state of its own: nothing of the host is read or changed."""

import os
import subprocess

from .errors import SandboxError
from .mirror import debian_mirror, require_keyring


class PrivateApt:
    """apt over one suite, for a machine that has no package installed.

    The folder is kept: an interrupted download goes on where it stopped.
    """

    def __init__(self, folder, suite):
        self.folder = folder
        self.suite = suite
        self.config = os.path.join(folder, "apt.conf")

    def prepare(self):
        """Lay out the folder and write apt's configuration."""
        for path in ("state/lists/partial", "cache/archives/partial", "etc/none.d"):
            os.makedirs(os.path.join(self.folder, path), exist_ok=True)
        self._write("state/status", "")
        self._write("etc/sources.list",
                    f"deb [signed-by={require_keyring()}] {debian_mirror()} {self.suite} main\n")
        self._write("apt.conf", self._configuration())

    def update(self):
        """Fetch the suite's list of packages."""
        self._apt("update", "--error-on=any")

    def resolve(self, packages):
        """Names of everything that installing packages would install."""
        lines = self._apt("install", "--simulate", *packages).splitlines()
        return [line.split()[1] for line in lines if line.startswith("Inst ")]

    def download(self, packages, folder):
        """Fetch these packages, and no others, into folder; paths of the files.

        Files that are there already are only checked. The folder may hold
        older versions too, from a fetch that was interrupted long ago, so
        the paths come from apt, not from looking.
        """
        os.makedirs(folder, exist_ok=True)
        listing = self._apt("download", "--print-uris", *packages, cwd=folder)
        self._apt("download", *packages, cwd=folder)
        return [os.path.join(folder, line.split()[1]) for line in listing.splitlines()
                if line.startswith("'")]

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def _configuration(self):
        own = {
            "Dir::State": "state", "Dir::State::status": "state/status",
            "Dir::Cache": "cache", "Dir::Log": "state", "Dir::Etc::sourcelist": "etc/sources.list",
            "Dir::Etc::sourceparts": "etc/none.d", "Dir::Etc::preferences": "etc/none",
            "Dir::Etc::preferencesparts": "etc/none.d", "Dir::Etc::trusted": "etc/none",
            "Dir::Etc::trustedparts": "etc/none.d",
        }
        lines = [f'{key} "{os.path.join(self.folder, path)}";' for key, path in own.items()]
        lines += [
            # A mirror that is a snapshot has a Release file past its date.
            'Acquire::Check-Valid-Until "false";',
            'Acquire::Languages "none";',
            'Acquire::Retries "3";',
            'APT::Install-Recommends "false";',
            # The host's clean-up hooks would run as root and on the wrong folders.
            'APT::Update::Post-Invoke-Success "";',
            # A cache in a private home is out of reach of apt's own account.
            'APT::Sandbox::User "root";',
        ]
        return "\n".join(lines) + "\n"

    def _apt(self, *arguments, cwd=None):
        command = ["apt-get", "-q", "-y", *arguments]
        environment = {**os.environ, "APT_CONFIG": self.config, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True,
                              text=True, check=False, timeout=900)
        if done.returncode:
            raise SandboxError(f"{' '.join(command)} (suite {self.suite}) failed with "
                               f"{done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout
