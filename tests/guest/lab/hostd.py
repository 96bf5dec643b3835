"""The real hostd of one run, its configuration, and its local API."""
import http.client
import json
import signal
import socket
import subprocess
from urllib.parse import quote

from . import paths
from .guest import wait_until

# A guest of the tests may shrink soon after its load ends; the operator's defaults wait for minutes.
CONFIGURATION = """libvirt_uri = "{uri}"
socket = "{socket}"
log_level = "debug"

[history]
path = "{history}"

[dashboard]
listen = "{dashboard}"

[host]
reserve_cpus = 0
reserve_memory = "256MiB"
# Emulated guests are to outgrow a build machine of two cores, and to keep them busy.
vcpus_per_cpu = 32
cpu_stall_percent = 100
vcpu_delay_percent = 100
memory_stall_percent = 100

# Emulated vCPUs are slow: tasks stall for little work.
[defaults.pressure]
stall_high_percent = 60
stall_low_percent = 45

[defaults.guard]
max_step_down = {step_down}
shrink_cooldown = "5s"
stabilisation = "{stabilisation}"
regression_window = "5s"
floor_hold = "20s"

[defaults.resize]
ask_deadline = "{ask_deadline}"
online_deadline = "60s"
retune_deadline = "120s"
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Hostd:
    """hostd over `hypervisor`. A guest given as `start` is created by hostd itself, as an embedded libvirt needs."""

    def __init__(self, run, hypervisor, start=None, stabilisation="15s", ask_deadline="120s", step_down=1,
                 dashboard=""):
        self.run, self.hypervisor, self.start_domain = run, hypervisor, start
        self.socket = run.folder / "hostd.sock"
        self.configuration = run.folder / "hostd.toml"
        self.configuration.write_text(CONFIGURATION.format(uri=hypervisor.uri, socket=self.socket,
                                                           history=run.folder / "history.db",
                                                           dashboard=dashboard,
                                                           stabilisation=stabilisation, step_down=step_down,
                                                           ask_deadline=ask_deadline), encoding="utf-8")
        self.process = None
        self.start()

    def start(self, create=True):
        command = [*self.hypervisor.enter, paths.PROGRAMS / "dynascale-hostd", "--config", self.configuration]
        if self.start_domain and create:
            command += ["--start-domain", self.start_domain]
        environment = getattr(self.hypervisor, "environment", {})
        self.process = self.run.start(command, "hostd", environment=environment)
        wait_until("hostd answers", lambda: self.status() is not None, alive=self.check)

    def check(self):
        """Raises when hostd is no longer there."""
        if self.process.poll() is not None:
            raise RuntimeError(f"hostd ended with {self.process.returncode}:\n{self.run.log('hostd')[-3000:]}")

    def request(self, method, path):
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = json.loads(answer.read() or b"null")
            if answer.status != 200:
                raise ValueError(f"hostd answers {answer.status} to {method} {path}: {body}")
            return body
        finally:
            connection.close()

    def status(self):
        return self.request("GET", "/v1/status")

    def explain(self, name):
        return self.request("GET", "/v1/guests/" + quote(name))

    def hold(self, name, paused=True):
        return self.request("POST", f"/v1/guests/{quote(name)}/{'pause' if paused else 'resume'}")

    def wait_for(self, name, what, condition, **options):
        """Waits until condition(explain) is true and returns that explanation."""
        def look():
            seen = self.explain(name)
            return seen if condition(seen) else None
        return wait_until(what, look, alive=self.check, **options)

    def kill(self):
        """As a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self):
        """As systemd would; returns the exit status."""
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            return None


def ended(explained, after=0):
    """The resizes that have ended and are numbered above `after`."""
    return [resize for resize in explained["resizes"] if resize["number"] > after and "ending" in resize]


def last_number(explained):
    return max((resize["number"] for resize in explained["resizes"]), default=0)
