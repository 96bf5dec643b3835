#!/usr/bin/env python3
"""hostd is killed with SIGKILL at every step of a growth and of a shrink. The hypervisor is libvirt's test driver in a
libvirtd that lives on, as a real one would; the guest's agent is scripted. hostd started anew tells at once what is
true, takes nobody below its minimum, and brings to an end what the load asks for, with its reasons."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

from guest import MIB, Guest

HOSTD, CRASH_POINTS = sys.argv[1:3]
del sys.argv[1:3]
PATIENCE_S = 120
MOST_MIB, LEAST_MIB = 1024, 512
DOMAIN = """<domain type='test'><name>shop</name><memory unit='MiB'>{most}</memory>
<currentMemory unit='MiB'>{memory}</currentMemory><vcpu current='{vcpus}'>4</vcpu>
<metadata><d:policy xmlns:d='urn:dynascale:policy:1'><vcpus min='1' max='4'/>
<memory min='{least}' max='{most}' unit='MiB'/></d:policy></metadata><os><type>hvm</type></os><devices>
<channel type='unix'><source mode='bind' path='{channel}'/>
<target type='virtio' name='org.dynascale.agent.0'/></channel><memballoon model='virtio'/></devices></domain>"""
SETTINGS = """libvirt_uri = "{uri}"
socket = "{folder}/hostd.sock"
period = "200ms"
[host]
reserve_cpus = 0
vcpus_per_cpu = 64
cpu_stall_percent = 100
memory_stall_percent = 100
[history]
path = "{folder}/history.db"
[defaults]
rules = ["pressure"]
[defaults.guard]
max_step_down = 4
urgent_cooldown = "100ms"
grow_cooldown = "100ms"
shrink_cooldown = "500ms"
stabilisation = "1s"
regression_window = "1s"
floor_hold = "1s"
failure_backoff = "500ms"
[defaults.resize]
poll_interval = "100ms"
shrink_step = "128MiB"
"""
GROWTH = ["virDomainSetVcpusFlags before", "virDomainSetVcpusFlags after", "virDomainSetMemoryFlags before",
          "virDomainSetMemoryFlags after", "resize_intent", "online", "reported", "ready", "retuned", "resize_done",
          "sqlite3_exec before", "sqlite3_exec after"]
SHRINK = ["resize_intent", "online", "retuned", "before ready", "ready", "virDomainSetMemoryFlags before",
          "virDomainSetMemoryFlags after", "resize_done", "sqlite3_exec before", "sqlite3_exec after"]


def until(what, condition, explain=lambda: ""):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not in time: {what}\n{json.dumps(explain(), indent=1)}")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Libvirtd:
    """One of our own, without rights when the tests have some. An idle virsh keeps the test driver's guests alive."""

    def __init__(self, folder):
        self.folder, prefix = folder, []
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder)}
        for name in ("RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME"):
            environment["XDG_" + name] = str(folder / name.lower())
            (folder / name.lower()).mkdir(mode=0o700)
        (folder / "libvirtd.conf").write_text(f'unix_sock_dir = "{folder}"\nauth_unix_rw = "none"\n')
        if os.geteuid() == 0:
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            for path in (folder, *folder.iterdir()):
                os.chown(path, 65534, 65534)
        with open(folder / "libvirtd.log", "wb") as log:
            self.daemon = subprocess.Popen([*prefix, "libvirtd", "-f", folder / "libvirtd.conf", "-p", folder / "pid"],
                                           env=environment, stdout=log, stderr=log)
        self.uri = f"test+unix:///default?socket={folder}/libvirt-sock"
        until("libvirtd answers", lambda: self.virsh("uri", check=False))
        self.holder = subprocess.Popen(["virsh", "-q", "-c", self.uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdin.write(b"uri\n")
        self.holder.stdin.flush()
        self.holder.stdout.readline()
        self.virsh("destroy", "test")

    def virsh(self, *arguments, check=True):
        done = subprocess.run(["virsh", "-q", "-c", self.uri, *arguments], capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout if done.returncode == 0 else ""

    def truth(self):
        """Plugged vCPUs and MiB of the guest."""
        xml = self.virsh("dumpxml", "shop")
        plugged = re.search(r"<vcpu[^>]*?(?: current='(\d+)')?>(\d+)<", xml)
        memory = re.search(r"<currentMemory unit='KiB'>(\d+)<", xml)
        return int(plugged[1] or plugged[2]), int(memory[1]) // 1024

    def stop(self):
        self.holder.stdin.close()
        self.holder.wait(PATIENCE_S)
        self.holder.stdout.close()
        self.daemon.kill()
        self.daemon.wait(PATIENCE_S)


class Crash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="dynascale-crash-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        (cls.folder / "libvirt").mkdir()
        cls.folder.chmod(0o711)
        cls.libvirtd = Libvirtd(cls.folder / "libvirt")
        cls.addClassCleanup(cls.libvirtd.stop)
        (cls.folder / "hostd.toml").write_text(SETTINGS.format(uri=cls.libvirtd.uri, folder=cls.folder))

    @contextlib.contextmanager
    def scene(self, vcpus, memory):
        """A guest of that size, and a hostd that sees it."""
        channel = self.folder / "agent.sock"
        channel.unlink(missing_ok=True)
        self.guest = Guest(channel, vcpus, memory)
        self.guest.busy = vcpus > 1  # So that it wants nothing yet.
        self.guest.start()
        (self.folder / "shop.xml").write_text(DOMAIN.format(most=MOST_MIB, least=LEAST_MIB, memory=memory, vcpus=vcpus,
                                                            channel=channel))
        self.libvirtd.virsh("create", str(self.folder / "shop.xml"))
        try:
            self.start()
            until("the agent is heard of", lambda: self.explain().get("agent", {}).get("connected"))
            yield
            self.hostd.terminate()
            self.assertEqual(self.hostd.wait(PATIENCE_S), 0)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(self.folder / 'hostd.log').read_text()[-3000:]}") from error
        finally:
            self.hostd.kill()
            self.hostd.wait(PATIENCE_S)
            self.guest.close()
            self.libvirtd.virsh("destroy", "shop")
            (self.folder / "crash").unlink(missing_ok=True)

    def start(self):
        environment = {**os.environ, "LD_PRELOAD": CRASH_POINTS, "DYNASCALE_CRASH": str(self.folder / "crash")}
        with open(self.folder / "hostd.log", "ab") as log:
            self.hostd = subprocess.Popen([HOSTD, "--config", self.folder / "hostd.toml"], stderr=log, env=environment)

    def ask(self, path):
        try:
            with contextlib.closing(UnixConnection(str(self.folder / "hostd.sock"))) as connection:
                connection.request("GET", path)
                answer = connection.getresponse()
                body = json.loads(answer.read())
                return body if answer.status == 200 else {}
        except OSError:
            return {}

    def explain(self):
        return self.ask("/v1/guests/shop")

    def killed_at(self, step):
        """Changes the load, and returns when hostd was killed at that step of what follows."""
        if " before" in step or " after" in step:
            (self.folder / "crash").write_text(step)
        else:
            self.guest.steps[step] = lambda: os.kill(self.hostd.pid, signal.SIGKILL)
        self.guest.busy = not self.guest.busy
        until("hostd comes to this step", lambda: self.hostd.poll() is not None, self.explain)
        self.assertEqual(self.hostd.returncode, -signal.SIGKILL)
        (self.folder / "crash").unlink(missing_ok=True)

    def first_seen(self):
        """What the new hostd says of the guest first is what libvirt says."""
        before = self.libvirtd.truth()
        self.start()
        seen = until("the guest is seen again", self.explain)
        self.assertIn(seen["vcpus_plugged"], (before[0], self.libvirtd.truth()[0]))
        self.assertIn(seen["size"]["memory_bytes"] // MIB, (before[1], self.libvirtd.truth()[1]))

    def come_to(self, vcpus, memory_least, memory_most):
        def reached():
            plugged, memory = self.libvirtd.truth()
            self.assertGreaterEqual(plugged, 1)
            self.assertGreaterEqual(memory, LEAST_MIB)
            seen = self.explain()
            fits = self.guest.online == vcpus <= plugged and memory_least <= memory <= memory_most
            # Killed when all was done, it has nothing to do, and decides just that once the guest has reported.
            ended = all("ending" in resize for resize in seen.get("resizes", [{}]))
            return fits and seen.get("decisions") and ended and seen
        seen = until("the size fits the load", reached, self.explain)
        for told in self.guest.told:
            self.assertGreaterEqual(told["memory_bytes"], LEAST_MIB * MIB, told)
            self.assertGreaterEqual(told["vcpus"], 1, told)
        self.assertTrue(seen["decisions"] and all(one["reasons"] for one in seen["decisions"]), seen)
        for resize in seen["resizes"]:
            self.assertTrue(resize["ending_reason"], resize)
        return seen

    def test_growth(self):
        for step in GROWTH:
            with self.subTest(step):
                with self.scene(vcpus=1, memory=LEAST_MIB):
                    self.killed_at(step)
                    self.first_seen()
                    self.come_to(4, 800, MOST_MIB)

    def test_shrink(self):
        for step in SHRINK:
            with self.subTest(step):
                with self.scene(vcpus=4, memory=MOST_MIB):
                    self.killed_at(step)
                    self.first_seen()
                    self.come_to(1, LEAST_MIB, LEAST_MIB + 32)

    def tearDown(self):
        """No kill damaged the history, and each guest is in it."""
        with contextlib.closing(sqlite3.connect(self.folder / "history.db")) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            self.assertGreater(database.execute("SELECT count(*) FROM guests").fetchone()[0], 0)
        self.assertFalse(list(self.folder.glob("history.db.*damaged*")))


if __name__ == "__main__":
    sys.exit(unittest.main())
