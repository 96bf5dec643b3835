#!/usr/bin/env python3
"""A request outlives the agent: it is killed and started anew, and the host, a terminal here, still hears of the wish.

  requests_test.py BUILD/bin/dynascale-agent
"""
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
import tty
import unittest

AGENT = ""
LIMIT_S = 60
# An agent that sees no process of this machine changes none.
ALONE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] if os.geteuid() == 0 else []


class Host:
    """The host's side of the channel, as far as reports need it."""

    def __init__(self):
        self.side, self._other = pty.openpty()
        tty.setraw(self.side)
        self.path = os.ttyname(self._other)
        self._rest = b""

    def close(self):
        os.close(self.side)
        os.close(self._other)

    def greet(self):
        hello = {"type": "hello", "versions": {"min": 1, "max": 1}, "program": "test"}
        os.write(self.side, b"\n" + json.dumps(hello).encode() + b"\n")

    def report(self, wanted):
        """The first report that `wanted` takes; says hello until the agent answers."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            self.greet()
            tick = time.monotonic() + 2
            while time.monotonic() < tick:
                for message in self._messages():
                    if message.get("type") == "report" and wanted(message):
                        return message
        raise AssertionError("no such report came")

    def _messages(self):
        if not select.select([self.side], [], [], 0.2)[0]:
            return
        self._rest += os.read(self.side, 65536)
        *lines, self._rest = self._rest.split(b"\n")
        for line in filter(None, lines):
            yield json.loads(line)


class Requests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-requests-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.state = self.folder / "agent.json"
        self.kept = self.folder / "agent.json.requests"
        self.host = Host()
        self.addCleanup(self.host.close)
        self.log = self.folder / "log"
        (self.folder / "agent.toml").write_text(
            f'channel = "{self.host.path}"\nsocket = "{self.folder}/agent.sock"\nstate_file = "{self.state}"\n'
            f'adapters_directory = "{self.folder}/none"\npark = false\n')
        self.agent = None

    def start(self):
        with self.log.open("ab") as log:
            command = [*ALONE, AGENT, "--config", self.folder / "agent.toml"]
            self.agent = subprocess.Popen(command, stdout=log, stderr=log)
        self.addCleanup(self.kill)

    def kill(self):
        if self.agent.poll() is None:
            self.agent.kill()
            self.agent.wait(30)

    def ask(self):
        command = [AGENT, "--config", self.folder / "agent.toml", "request", "--cpus", "+2", "--for", "10m", "--reason",
                   "import"]
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            asked = subprocess.run(command, capture_output=True, text=True, check=False)
            if asked.returncode == 0:
                return json.loads(asked.stdout)
            time.sleep(0.2)
        raise AssertionError(asked.stderr + asked.stdout)

    def wait_kept(self):
        end = time.monotonic() + LIMIT_S
        while not self.kept.exists():
            self.assertLess(time.monotonic(), end, "nothing was kept")
            time.sleep(0.05)

    def test_outlives_a_kill(self):
        self.start()
        asked = self.ask()
        before = self.host.report(lambda seen: seen.get("requests"))["requests"]
        self.wait_kept()
        self.kill()
        self.start()
        after = self.host.report(lambda seen: seen.get("requests"))["requests"]
        self.assertEqual(len(after), 1)
        self.assertEqual(after[0]["vcpus_wanted"], asked["vcpus_wanted"])
        self.assertEqual(after[0]["reason"], "import")
        self.assertLess(after[0]["remaining_ms"], before[0]["remaining_ms"], "its time went on")

    def test_a_damaged_file_is_refused_and_told(self):
        self.kept.write_text('{"version":1,"boot":"x","requests":[{"by":7}]}')
        self.start()
        self.assertFalse(self.host.report(lambda seen: True).get("requests"))
        self.assertIn("agent.json.requests", self.log.read_text())
        self.assertIn("'by' must be", self.log.read_text())
        self.ask()
        self.assertTrue(self.host.report(lambda seen: seen.get("requests")))


if __name__ == "__main__":
    AGENT = sys.argv.pop(1)
    unittest.main(verbosity=2)
