"""One test guest, seen from outside."""
import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from . import paths
from .databases import MARIADB, POSTGRESQL
from .domain import Spec, domain_xml
from .initrd import write_initrd

WEB, PROBE = 8000, 8001


CALM = 2.0


class Timeout(AssertionError):
    """A state that did not come; says what was waited for and what was there instead."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(what, condition, seconds=180, pause=0.2, alive=None):
    """Polls until `condition` gives something true and returns it. The deadline is generous: it only ends a test
    that would never end. `alive` may raise to end the wait early."""
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except (OSError, urllib.error.URLError, ValueError) as error:
            last = error
        if alive:
            alive()
        time.sleep(pause)
    raise Timeout(f"not seen within {seconds} s: {what}; last: {last!r}")


class Guest:
    """Files and addresses of a guest. It is started by handing `xml_path` to a libvirt client."""

    def __init__(self, run, name="fractal", agent=True, files=None, **changes):
        self.run, self.name = run, name
        folder = run.folder
        disk, initrd = folder / (name + ".qcow2"), folder / (name + ".initrd")
        base = (paths.IMAGE / "root.img").resolve(strict=True)
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(base), str(disk)], check=True)
        write_initrd(initrd, paths.PROGRAMS / "dynascale-agent" if agent else None, files)
        self.ports = {port: free_port() for port in (WEB, PROBE, POSTGRESQL, MARIADB)}
        self.spec = Spec(name, folder, disk, (paths.IMAGE / "vmlinuz").resolve(), initrd, self.ports, **changes)
        self.xml_path = folder / (name + ".xml")
        self.xml_path.write_text(domain_xml(self.spec), encoding="utf-8")

    def url(self, path="/", port=WEB):
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def state(self, timeout=20):
        """What the guest's kernel says, see probe.py."""
        with urllib.request.urlopen(self.url("/state", PROBE), timeout=timeout) as answer:
            return json.load(answer)

    def do(self, action, **query):
        request = urllib.request.Request(f"{self.url('/' + action, PROBE)}?{urllib.parse.urlencode(query)}",
                                         method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def fill_memory(self, leave_mib=110, least_mib=32):
        """Lets a process take what is available but `leave_mib`, which keeps the kernel from ending processes. Returns
        the MiB taken: 0 when that would be less than `least_mib`."""
        spare = (self.state()["memory_available_bytes"] >> 20) - leave_mib
        if spare < least_mib:
            return 0
        self.do("hog", mib=spare)
        return spare

    def journal(self, unit="dynascale-agent"):
        with urllib.request.urlopen(self.url("/journal?unit=" + unit, PROBE), timeout=60) as answer:
            return answer.read().decode(errors="replace")

    def console(self):
        path = self.spec.console
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for(self, what, condition, **options):
        """Waits until condition(state) is true and returns that state. Each look costs an emulated CPU a tenth of a
        second or two, so while a guest has to calm down look seldom: `pause=CALM`."""
        def look():
            state = self.state()
            return state if condition(state) else None
        return wait_until(what, look, **options)

    def wait_booted(self, alive=None):
        """Waits for the probe, the web application and both databases."""
        state = self.wait_for("guest answers", lambda _: True, seconds=300, alive=alive)
        wait_until("gunicorn answers", lambda: urllib.request.urlopen(self.url("/?w=2&h=2"), timeout=20).status == 200,
                   alive=alive)
        for port in (POSTGRESQL, MARIADB):
            wait_until(f"port {port} answers", lambda port=port: self._greets(port), alive=alive)
        return state

    def _greets(self, port):
        """User-mode networking accepts for the guest; only bytes from the server prove that one listens there."""
        with socket.create_connection(("127.0.0.1", self.ports[port]), timeout=10) as connection:
            if port == POSTGRESQL:
                connection.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")  # SSLRequest; answered with S or N.
            return connection.recv(1)
