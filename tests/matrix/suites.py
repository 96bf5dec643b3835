"""Root folders with the servers of newer Debian suites, unpacked and never installed: no maintainer script runs."""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

UNPACK_LIMIT_S = 1800
MOST_ERROR = 300
# What the servers' own scripts call.
COMMON = ["base-files", "libc-bin", "dash", "coreutils", "sed", "grep", "hostname"]
PASSWD = ("root:x:0:0:root:/root:/bin/sh\n"
          "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
FILES = {"etc/passwd": PASSWD, "etc/group": "root:x:0:\nnogroup:x:65534:\n", "etc/hosts": "127.0.0.1 localhost\n"}


class Unobtainable(Exception):
    """The suite, or a package in it, could not be fetched; the text says why."""


def mirror():
    """Where this machine's own Debian packages come from."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"],
                            capture_output=True, text=True, check=False)
    for line in listed.stdout.splitlines():
        origin, _, place = line.partition(" ")
        if origin == "Debian" and "security" not in place:
            return place.rstrip("/")
    return "http://deb.debian.org/debian"


class Suite:
    def __init__(self, name, packages, folder):
        self.name = name
        self._packages = COMMON + packages
        recipe = " ".join([*self._packages, *FILES.values()])
        self.root = folder / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
        self._folder = folder

    def forget(self):
        """Also what older recipes and runs that were killed left."""
        for old in [*self._folder.glob(f"{self.name}-????????????"), *self._folder.glob("work-*")]:
            shutil.rmtree(old)

    def unpack(self):
        """Does nothing when it is there. Raises Unobtainable."""
        if self.root.exists():
            return
        self.forget()
        print(f"unpacking Debian {self.name}: {' '.join(self._packages)} …", flush=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="work-", ignore_cleanup_errors=True) as work:
            tree = Path(work) / "root"
            self._fetch(tree)
            for name, text in FILES.items():
                (tree / name).write_text(text)
            tree.chmod(0o755)
            os.rename(tree, self.root)

    def _fetch(self, tree):
        command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=extract", "--format=directory",
                   # Snapshots of a suite are older than their own promise.
                   '--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=APT::Install-Recommends "false"',
                   "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
                   f"--include={','.join(self._packages)}", self.name, str(tree), mirror()]
        try:
            done = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                    start_new_session=True)
        except FileNotFoundError:
            raise Unobtainable("mmdebstrap is missing: packaging/install-deps.sh test") from None
        try:
            said = done.communicate(timeout=UNPACK_LIMIT_S)[1]
        except subprocess.TimeoutExpired:
            raise Unobtainable(f"fetching took more than {UNPACK_LIMIT_S} s") from None
        finally:
            if done.poll() is None:  # Also when the user ends it: its helpers would write on.
                os.killpg(done.pid, signal.SIGKILL)
                done.wait()
        if done.returncode != 0:
            errors = [line for line in said.splitlines() if line.startswith("E:")]
            raise Unobtainable("; ".join(errors)[:MOST_ERROR] or f"mmdebstrap ended with {done.returncode}")

    def version(self, *command):
        """The number that `command`, run in the suite, prints. Raises Unobtainable when it does not run."""
        try:
            shown = subprocess.run(["chroot", self.root, *command], capture_output=True, text=True, timeout=60,
                                   check=False)
        except subprocess.TimeoutExpired:
            raise Unobtainable(f"{command[0]} did not tell its version") from None
        number = re.search(r"\d+(\.\d+)+", shown.stdout)
        if shown.returncode != 0 or not number:
            raise Unobtainable(f"{' '.join(command)}: {(shown.stderr or shown.stdout).strip()[-MOST_ERROR:]}")
        return number[0]
