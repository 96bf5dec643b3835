"""What the private servers of the benchmarks share. Each runs in a folder of its own, on a Unix socket or loopback, as
`nobody` under root.

`values` are what the application's settings stand at when it starts: {} for the small size, else by the names that the
adapter gives them. So a restart with new settings starts with what the adapter would have set.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.geteuid() == 0
USER = "nobody"
MIB = 1 << 20


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def listens(address):
    try:
        if ":" in address:
            host, port = address.rsplit(":", 1)
            socket.create_connection((host, int(port)), 1).close()
        else:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(address)
        return True
    except OSError:
        return False


class Application:
    """`start` and `stop` move the process; the rest says what the benchmark needs to know."""
    name = adapter = kind = ""
    target = ""
    clients, pause_ms = 4, 2
    small, large = (2, 1024), (4, 2048)  # vCPUs, MiB
    agent = ""                           # What agent.toml says.
    stop_signal = signal.SIGTERM
    ready_seconds = 60

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-bench-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.process = None
        self.address = str(self.folder / "s")
        self.write("agent.toml", self.agent.format(folder=self.folder))

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        if ROOT:
            shutil.chown(self.folder, USER)
            shutil.chown(path, USER)
        return str(path)

    def as_user(self, command):
        return ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups", *command] if ROOT else command

    def run(self, command, **options):
        subprocess.run(self.as_user(command), check=True, cwd=self.folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **options)

    def prepare(self):
        """Once, before the first start."""

    def fill(self):
        """After the first start: the data that the clients ask for."""

    def command(self, values):
        raise NotImplementedError

    def start(self, values):
        with open(self.folder / "log", "ab") as log:
            environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
            self.process = subprocess.Popen(self.as_user(self.command(values)), cwd=self.folder, stdout=log, stderr=log,
                                            env=environment, start_new_session=True)
        until = time.monotonic() + self.ready_seconds
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.name} did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.01)

    def ready(self):
        return listens(self.address)

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None
        (self.folder / "s").unlink(missing_ok=True)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
