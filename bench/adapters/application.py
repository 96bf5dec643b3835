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
        self.others = []  # Processes beside it, which stay as they are.
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

    def beside(self, command):
        self.others.append(self.spawn(command))

    def client_command(self, build, out):
        """Clients that write `out` as bench_clients does, until SIGTERM."""
        command = [str(build / "bin/bench_clients"), self.kind, self.address, "--clients", str(self.clients),
                   "--pause-ms", str(self.pause_ms), "--out", str(out)]
        return command + (["--target", self.target] if self.target else [])

    def fill(self):
        """After the first start: the data that the clients ask for."""

    def command(self, values):
        raise NotImplementedError

    def spawn(self, command):
        with open(self.folder / "log", "ab") as log:
            environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
            return subprocess.Popen(self.as_user(command), cwd=self.folder, stdout=log, stderr=log, env=environment,
                                    start_new_session=True)

    def start(self, values):
        self.process = self.spawn(self.command(values))
        self.wait(self.name, self.ready)

    def wait(self, name, ready):
        until = time.monotonic() + self.ready_seconds
        running = [one for one in (self.process, *self.others) if one]
        while not ready():
            if any(one.poll() is not None for one in running) or time.monotonic() > until:
                raise RuntimeError(f"{name} did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.01)

    def ready(self):
        return listens(self.address)

    def stop(self):
        if self.process is None:
            return
        self.end(self.process)
        self.process = None
        (self.folder / "s").unlink(missing_ok=True)

    def end(self, process):
        process.send_signal(self.stop_signal)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self):
        self.stop()
        for other in self.others:
            self.end(other)
        shutil.rmtree(self.folder, ignore_errors=True)
