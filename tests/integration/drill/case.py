"""What the tests of trace and drill share: running dynascale-check and looking for what it left behind."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("DYNASCALE_BIN", ROOT / "build/bin"))
CHECK = str(BIN / "dynascale-check")
SUBJECT = str(BIN / "drill_subject")
STATIC_SUBJECT = str(BIN / "drill_subject_static")
PYTHON = "/usr/bin/python3"


class Case(unittest.TestCase):
    """Each test has a folder of its own; nothing that carries the folder's mark may outlive it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-drill-"))
        self.folder.chmod(0o755)
        self.mark = self.folder.name
        self.environment = {**os.environ, "DRILL_MARK": self.mark,
                            "PATH": "/usr/local/sbin:/usr/sbin:/sbin:" + os.environ["PATH"]}

    def tearDown(self):
        left = self.marked()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder)
        self.assertEqual(left, [], "processes were left behind")

    def marked(self):
        """Living processes that were started with this test's environment."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                if state not in "ZX" and f"DRILL_MARK={self.mark}".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def path(self, name):
        return str(self.folder / name)

    def start(self, *arguments, **options):
        return subprocess.Popen([CHECK, *map(str, arguments)], env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, cwd=self.folder, **options)

    def check(self, *arguments, timeout=120):
        process = self.start(*arguments)
        try:
            output, error = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"hangs: {arguments}\n{process.communicate()}") from None
        return subprocess.CompletedProcess(arguments, process.returncode, output, error)

    def eventually(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        self.fail("it did not come true in time")

    def trace(self, *command, options=(), timeout=120):
        """The report as a dictionary, and how it ended."""
        done = self.check("trace", "--json", "-o", self.path("trace.json"), *options, "--", *command, timeout=timeout)
        return json.loads(pathlib.Path(self.path("trace.json")).read_text() or "{}"), done

    def drill(self, *command, options=(), timeout=120):
        """From 1 to 4 CPUs. The report as a dictionary, and how it ended."""
        settle = [] if "--settle" in options else ["--settle", 0.6]
        done = self.check("drill", "--json", "--cpus", "1:4", *settle, "-o", self.path("drill.json"), *options, "--",
                          *command, timeout=timeout)
        return json.loads(pathlib.Path(self.path("drill.json")).read_text()), done
