#!/usr/bin/env python3
"""`dynascale-check inspect` on real processes: pinned, locked, nginx, gunicorn.

  inspect_test.py BUILD/bin/dynascale-check
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

CHECK = ""
LOCKER = """
import ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
page = ctypes.create_string_buffer(1 << 20)
assert libc.mlock(page, len(page)) == 0, ctypes.get_errno()
print("ready", flush=True)
time.sleep(60)
"""


def program(name):
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if found is None:
        raise AssertionError(f"{name} is not installed: packaging/install-deps.sh test")
    return found


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class InspectTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-inspect-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *argv, **options):
        process = subprocess.Popen(argv, cwd=self.folder, **options)

        def stop():
            process.terminate()
            process.wait(20)
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
        self.addCleanup(stop)
        return process

    def inspect(self, *arguments, expect=(0, 1)):
        run = subprocess.run([CHECK, "inspect", "--format", "json", *map(str, arguments)],
                             capture_output=True, text=True, cwd=self.folder)
        self.assertIn(run.returncode, expect, run.stderr)
        return json.loads(run.stdout) if run.stdout else {}

    def rules(self, *arguments):
        return {(f["rule"], pathlib.Path(f["path"]).name) for f in self.inspect(*arguments)["findings"]}

    def wait_for_port(self, process, port):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.assertIsNone(process.poll(), "the server ended")
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        self.fail("the server does not answer")

    def test_pinned_process(self):
        cpus = sorted(os.sched_getaffinity(0))
        pinned = self.start(program("taskset"), "-c", str(cpus[0]), "sleep", "60")
        free = self.start("sleep", "60")
        while "sleep" not in pathlib.Path(f"/proc/{pinned.pid}/comm").read_text():
            time.sleep(0.01)
        online = pathlib.Path("/sys/devices/system/cpu/possible").read_text().strip()
        # With one possible CPU nothing can be left out.
        expected = online != "0"
        self.assertEqual(("DSC207", "status") in self.rules(pinned.pid), expected)
        self.assertNotIn(("DSC207", "status"), self.rules(free.pid))

    def test_locked_memory(self):
        locker = self.start(sys.executable, "-c", LOCKER, stdout=subprocess.PIPE)
        self.assertEqual(locker.stdout.readline(), b"ready\n")
        self.assertIn(("DSC402", "status"), self.rules(locker.pid))

    def test_nginx_and_its_own_file(self):
        port = free_port()
        config = self.folder / "my.conf"
        config.write_text(f"daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log; worker_processes 2;\n"
                          f"worker_cpu_affinity 01 01;\nevents {{}}\nhttp {{ access_log off;\n"
                          f"server {{ listen 127.0.0.1:{port}; }} }}\n")
        nginx = self.start(program("nginx"), "-p", str(self.folder), "-c", "my.conf", stderr=subprocess.DEVNULL)
        self.wait_for_port(nginx, port)
        found = self.inspect(nginx.pid)["findings"]
        by_rule = {f["rule"]: f for f in found}
        self.assertEqual(by_rule["DSC111"]["path"], str(config))
        self.assertEqual(by_rule["DSC203"]["path"], str(config))
        self.assertEqual(by_rule["DSC111"]["component"], f"nginx[{nginx.pid}]")

    def test_gunicorn_arguments_and_environment(self):
        port = free_port()
        (self.folder / "app.py").write_text("def app(environ, start):\n    start('200 OK', [])\n    return [b'']\n")
        environment = dict(os.environ, OMP_NUM_THREADS="2", SECRET_TOKEN="hunter2")
        gunicorn = self.start(program("gunicorn"), "-w", "2", "-b", f"127.0.0.1:{port}", "app:app", env=environment,
                              stderr=subprocess.DEVNULL)
        self.wait_for_port(gunicorn, port)
        rules = self.rules(gunicorn.pid)
        self.assertIn(("DSC111", "environ"), rules)
        self.assertIn(("DSC111", "cmdline"), rules)
        self.assertNotIn("hunter2", json.dumps(self.inspect(gunicorn.pid)))

    def test_all_in_every_format(self):
        out = self.folder / "report.sarif"
        run = subprocess.run([CHECK, "inspect", "--all", "-f", "text", "-f", "sarif", "-o", "-", "-o", str(out),
                              "--exit-zero"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("Readiness", run.stdout)
        self.assertEqual(json.loads(out.read_text())["version"], "2.1.0")

    def test_usage(self):
        self.assertEqual(self.inspect(expect=(2,)), {})
        gone = self.start("true")
        gone.wait()
        self.inspect(gone.pid, expect=(3,))


if __name__ == "__main__":
    CHECK = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
