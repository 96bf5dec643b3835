#!/usr/bin/env python3
"""A hostd that starts anew recalls what its history tells of a guest; the guest lives in libvirt's test driver."""
import contextlib
import http.client
import json
import pathlib
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

HOSTD = sys.argv.pop(1)
PATIENCE_S = 120
STEP_S = 300
PAST_STEPS = 3 * 288
TOLD = re.compile(r"(\d+) steps of vCPUs and (\d+) of memory were recalled")
UUID = "11111111-1111-4111-8111-111111111111"
NODE = f"""<node><cpu><active>8</active><nodes>1</nodes><sockets>1</sockets><cores>8</cores><threads>1</threads></cpu>
<memory>33554432</memory><domain type='test'><name>shop</name><uuid>{UUID}</uuid><memory unit='MiB'>1024</memory>
<vcpu current='1'>4</vcpu><os><type>hvm</type></os><devices><memballoon model='virtio'/></devices></domain></node>"""
SETTINGS = """libvirt_uri = "test://{0}/node.xml"
socket = "{0}/hostd.sock"
period = "200ms"
[history]
path = "{0}/history.db"
[defaults]
rules = ["pressure", "hybrid"]
[defaults.forecast]
step = "5m"
"""


def until(what, condition):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not in time: {what}")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self.path)
        except OSError:
            self.sock.close()
            raise


class Recall(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="dynascale-recall-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        (self.folder / "node.xml").write_text(NODE)
        (self.folder / "hostd.toml").write_text(SETTINGS.format(self.folder))
        self.hostd = None
        self.addCleanup(self.stop)

    def start(self):
        self.hostd = subprocess.Popen([HOSTD, "--config", self.folder / "hostd.toml"], stderr=subprocess.DEVNULL)

    def stop(self):
        if self.hostd is not None:
            self.hostd.terminate()
            self.hostd.wait(timeout=PATIENCE_S)
        self.hostd = None

    def origin(self):
        """What `explain` tells of where forecasts come from; nothing yet while hostd or the guest is not up."""
        self.assertIsNone(self.hostd.poll(), "hostd ended")
        try:
            with contextlib.closing(UnixConnection(str(self.folder / "hostd.sock"))) as connection:
                connection.request("GET", "/v1/guests/shop/explain")
                answer = connection.getresponse()
                text = answer.read().decode()
        except OSError:
            return None
        return reason(json.loads(text), "forecast.origin") if answer.status == 200 else None

    def write_past(self):
        """Three days in steps of 5 min up to now: one vCPU of two in use, memory half used."""
        newest = int(time.time()) // STEP_S * STEP_S
        known = {"seconds": STEP_S, "vcpu_s": 2 * STEP_S, "memory_mib_s": 1024 * STEP_S, "busy_known_s": STEP_S,
                 "busy_vcpu_s": STEP_S, "used_known_s": STEP_S, "used_mib_s": 512 * STEP_S}
        with contextlib.closing(sqlite3.connect(self.folder / "history.db")) as database, database:
            names = [row[1] for row in database.execute("PRAGMA table_info(usage)")]
            guest = database.execute("SELECT id FROM guests WHERE uuid = ?", (UUID,)).fetchone()[0]
            database.execute("DELETE FROM usage")
            for back in range(1, PAST_STEPS + 1):
                row = known | {"guest": guest, "step_s": STEP_S, "start_s": newest - back * STEP_S}
                database.execute(f"INSERT INTO usage VALUES({', '.join('?' * len(names))})",
                                 [row.get(name, 0) for name in names])

    def test_a_start_recalls_what_is_on_record_and_says_so(self):
        self.start()
        self.assertIn("nothing is on record", until("the first start explains itself", self.origin))
        self.stop()  # It writes what it knows; while it runs the database is its own.
        self.write_past()
        self.start()
        told = until("the second start recalls", lambda: TOLD.match(self.origin() or ""))
        steps = [int(count) for count in told.groups()]
        for count in steps:  # One more may have begun since the past was written.
            self.assertIn(count, (PAST_STEPS, PAST_STEPS + 1), told[0])


def reason(node, rule):
    """The text of that rule's reason, wherever it is in the answer."""
    if isinstance(node, dict):
        if node.get("rule") == rule:
            return node.get("text")
        node = list(node.values())
    for one in node if isinstance(node, list) else []:
        found = reason(one, rule)
        if found:
            return found
    return None


if __name__ == "__main__":
    sys.exit(unittest.main())
