"""Processes and folders of one run, removed whatever happens: also when this program itself is killed."""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import paths

# A Unix socket's path has at most 107 bytes; libvirt appends up to this many to its root folder.
LIBVIRT_TAIL = 74
TAG = "DYNASCALE_LAB"


def run_folder():
    """A fresh folder under the build folder, or a short one elsewhere where socket paths would get too long."""
    parent = paths.BUILD / "run"
    if len(str(parent)) + 9 + LIBVIRT_TAIL > 107:
        return Path(tempfile.mkdtemp(prefix="dynascale-"))
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent, prefix=""))


def mine(folder):
    """Living processes of the run in `folder`: tagged in their environment (QEMU, whose environment libvirt
    replaces, by the folder's path in its arguments)."""
    tag, argument = f"{TAG}={folder}".encode(), f"{folder}/".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            tagged = tag in (entry / "environ").read_bytes().split(b"\0")
            if tagged or (argument in (entry / "cmdline").read_bytes() and b"qemu" in (entry / "comm").read_bytes()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def sweep(folder, spare=()):
    """Ends every process of the run: politely first, then not. Returns the pids that had to be killed."""
    left = [pid for pid in mine(folder) if pid not in spare]
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        for pid in left:
            try:
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        end = time.monotonic() + patience
        while left and time.monotonic() < end:
            time.sleep(0.05)
            left = [pid for pid in mine(folder) if pid not in spare]
    return left


def die_with_parent():
    """Runs in a child before exec: the kernel ends the child when this program ends in any way."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches only this program, which then cleans up in order.


class Run:
    """The folder and processes of one run. Use it in a `with` statement."""

    def __init__(self, keep=False):
        self.folder = run_folder()
        self.keep = keep
        self.environment = {**os.environ, TAG: str(self.folder)}
        self.started = []
        # Its end of the pipe closes when this program ends, however that happens; then it cleans up.
        self.warden = subprocess.Popen([sys.executable, "-m", "lab.warden", str(self.folder)], stdin=subprocess.PIPE,
                                       cwd=paths.SOURCE / "tests/guest", start_new_session=True)

    def start(self, command, name, **options):
        """Starts a program; its output goes to NAME.log in the folder."""
        with open(self.folder / (name + ".log"), "ab") as log:
            options.setdefault("stdout", log)
            options.setdefault("stderr", log)
            options.setdefault("stdin", subprocess.DEVNULL)
            environment = {**self.environment, **options.pop("environment", {})}
            process = subprocess.Popen([str(part) for part in command], env=environment, preexec_fn=die_with_parent,
                                       **options)
        self.started.append(process)
        return process

    def call(self, command, **options):
        environment = {**self.environment, **options.pop("environment", {})}
        return subprocess.run([str(part) for part in command], env=environment, text=True, capture_output=True,
                              check=False, timeout=120, **options)

    def log(self, name):
        path = self.folder / (name + ".log")
        return path.read_text(errors="replace") if path.exists() else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        sweep(self.folder)
        for process in self.started:
            process.wait(30)
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.warden.stdin.close()
        self.warden.wait(30)
