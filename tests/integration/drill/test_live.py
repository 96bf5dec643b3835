"""drill --live: real limits for programs that run, and nothing left of them afterwards, whatever happens."""
import glob
import json
import os
import pathlib
import signal
import subprocess
import unittest

import servers
from case import CHECK, Case, PYTHON

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
GROUPS = pathlib.Path("/sys/fs/cgroup")
CPUS = len(os.sched_getaffinity(0))


def groups_left():
    return [str(path) for path in GROUPS.rglob("dynascale-drill-*")]


def groups_of(pid):
    return pathlib.Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii")


@unittest.skipUnless(os.geteuid() == 0 and os.access(GROUPS, os.W_OK) and CPUS >= 2,
                     "needs root, writable control groups and two CPUs")
class LiveTest(Case):
    def setUp(self):
        super().setUp()
        self.served = []

    def tearDown(self):
        for process in self.served:
            process.terminate()
            process.wait(30)
        super().tearDown()

    def serve(self, *command):
        process = subprocess.Popen([*map(str, command)], env=self.environment, cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.served.append(process)
        return process

    def serve_gunicorn(self):
        """Workers by the CPUs that it may use, which is what a CPU set changes."""
        port = servers.free_port()
        self.write("app.py", "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n")
        conf = self.write("conf.py", "import os\nworkers = 2 * len(os.sched_getaffinity(0)) + 1\n"
                                     f"bind = '127.0.0.1:{port}'\nchdir = '{self.folder}'\n")
        process = self.serve("/usr/bin/gunicorn", "-c", conf, "app:app")
        self.eventually(lambda: len(self.marked()) == 2 * CPUS + 2)
        return process, port

    def live(self, pid, *options):
        done = self.check("drill", "--live", pid, "--cpus", 1, "--json", "-o", self.path("live.json"), "--settle", 0.7,
                          *options)
        self.assertEqual(done.returncode, 0, done)
        return json.loads(pathlib.Path(self.path("live.json")).read_text(encoding="utf-8"))

    def test_gunicorn_follows_on_reload_and_is_back_where_it_was(self):
        process, port = self.serve_gunicorn()
        before = groups_of(process.pid)
        report = self.live(process.pid, "--reload-signal", "HUP", "--ready-port", port)
        self.assertFalse(report["simulated"])
        self.assertEqual((report["grow"], report["shrink"]), ("reload", "reload"), report)
        found = {m["name"]: (m["at_min"], m["at_max"]) for m in report["metrics"]}
        self.assertEqual(found["gunicorn: processes"], ("4", str(2 * CPUS + 2)))
        looks = report["grow_run"]["looks"] + report["shrink_run"]["looks"]
        self.assertTrue(all(look["accepts"] for look in looks))
        self.assertIsNone(process.poll())
        self.assertEqual(groups_of(process.pid), before)
        self.assertEqual(groups_left(), [])

    def test_java_is_graded_by_what_moves(self):
        java, = glob.glob("/usr/lib/jvm/java-17-openjdk-*/bin/java")
        process = self.serve(java, "-XX:-UsePerfData", PROGRAMS / "Pools.java", self.path("now"))
        self.eventually(lambda: os.path.exists(self.path("now")))
        report = self.live(process.pid, "--probe", f"cat {self.path('now')}")
        found = {m["name"].removeprefix("probe "): m for m in report["metrics"]}
        for figure in ("availableProcessors", "newPool"):
            self.assertEqual((found[figure]["grow"], found[figure]["shrink"]), ("live", "live"), figure)
        self.assertFalse(found["commonPool"]["depends"])
        self.assertEqual(report["grow"], "live")

    def test_what_does_not_move_is_not_called_fixed(self):
        report = self.live(self.serve("sleep", 600).pid)
        self.assertEqual((report["grow"], report["shrink"]), ("unknown", "unknown"))

    def test_memory_is_really_bounded_and_never_below_what_the_program_holds(self):
        process = self.serve(PYTHON, "-c", "import time; held = bytearray(b'x') * (96 << 20); time.sleep(600)")
        group = ("awk -F: '$2 ~ /(^|,)memory(,|$)/ {print \"/memory\" $3 \"/memory.limit_in_bytes\"; exit}"
                 " $1 == 0 {print $3 \"/memory.max\"}' /proc/$DRILL_PID/cgroup | head -n1")
        report = self.live(process.pid, "--memory", "64M", "--probe", f'echo limit $(cat "{GROUPS}$({group})")')
        limit, = [m for m in report["metrics"] if m["name"] == "probe limit"]
        self.assertEqual((limit["grow"], limit["shrink"]), ("live", "live"), limit)
        self.assertTrue(96 << 20 < int(limit["shrunk"]) < 256 << 20, limit)
        self.assertIn("holds too much for less", report["notes"][0])
        self.assertIsNone(process.poll())

    def test_everything_is_undone_when_it_is_interrupted_or_killed(self):
        process, _ = self.serve_gunicorn()
        before = groups_of(process.pid)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            drill = self.start("drill", "--live", process.pid, "--cpus", 1, "--settle", 3)
            self.eventually(lambda: groups_of(process.pid) != before)
            drill.send_signal(number)
            drill.communicate(timeout=30)
            self.assertEqual(drill.returncode, -9 if number == signal.SIGKILL else 130)
            self.eventually(lambda: groups_of(process.pid) == before and not groups_left())
            self.assertIsNone(process.poll())

    def test_a_pinned_program_is_left_alone(self):
        process = self.serve("taskset", "-c", min(os.sched_getaffinity(0)), "sleep", 600)
        self.eventually(lambda: len(os.sched_getaffinity(process.pid)) == 1)
        done = self.check("drill", "--live", process.pid, "--cpus", 1, "--settle", 0.5)
        self.assertEqual(done.returncode, 3)
        self.assertIn("is pinned to CPUs", done.stderr)
        self.assertEqual(groups_left(), [])

    def test_without_the_right_it_says_what_is_needed(self):
        process = self.serve("setpriv", "--reuid=nobody", "--clear-groups", "sleep", 600)
        before = groups_of(process.pid)
        nobody = ["setpriv", "--reuid=nobody", "--clear-groups"]
        done = subprocess.run([*nobody, CHECK, "drill", "--live", str(process.pid),
                               "--cpus", "1", "--settle", "0.5"],
                              capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("it takes root, or a control group that is delegated", done.stderr)
        self.assertEqual(groups_of(process.pid), before)


class WrongUseTest(Case):
    def test_needs_a_program_and_only_one(self):
        for arguments in (["drill"], ["drill", "--live", "1", "--", "sleep", "1"]):
            done = self.check(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--live PID", done.stderr)

    def test_a_process_that_is_not_there(self):
        done = self.check("drill", "--live", "4194304")
        self.assertEqual(done.returncode, 3)
        self.assertIn("there is no process 4194304", done.stderr)

    def test_without_an_agent_nothing_can_be_plugged(self):
        if os.path.exists("/run/dynascale/agent.sock"):
            self.skipTest("this machine is a guest")
        done = self.check("drill", "--plug", "--cpus", "1:4096", "--settle", "0.2", "--", "sleep", "600")
        self.assertEqual(done.returncode, 3)
        self.assertIn("the agent does not answer", done.stderr)


if __name__ == "__main__":
    unittest.main()
