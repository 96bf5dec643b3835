"""drill: the grades of programs with known habits, and that no program can hang it or outlive it."""
import signal
import socket
import unittest

from case import Case, STATIC_SUBJECT, SUBJECT


class GradeTest(Case):
    def test_tells_live_reload_and_restart_apart(self):
        for habit, expected in (("live", "live"), ("reload", "reload"), ("fixed", "restart")):
            report, done = self.drill(SUBJECT, habit, options=["--reload-signal", "HUP"])
            self.assertEqual(done.returncode, 0, done)
            self.assertEqual((report["grow"], report["shrink"]), (expected, expected))
            threads, = [m for m in report["metrics"] if m["name"].endswith(": threads")]
            self.assertEqual((threads["at_min"], threads["at_max"]), ("2", "5"))

    def test_drills_a_static_program(self):
        report, _ = self.drill(STATIC_SUBJECT, "live")
        self.assertEqual((report["grow"], report["shrink"]), ("live", "live"))

    def test_a_reload_command_gets_the_programs_pid(self):
        report, _ = self.drill(SUBJECT, "reload", options=["--reload", "kill -HUP $DRILL_PID"])
        self.assertEqual((report["grow"], report["shrink"]), ("reload", "reload"))

    def test_require_makes_a_worse_grade_an_error(self):
        _, done = self.drill(SUBJECT, "fixed", options=["--require", "reload"])
        self.assertEqual(done.returncode, 1)

    def test_a_reload_that_fails_is_told(self):
        report, done = self.drill(SUBJECT, "live", options=["--reload", "exit 3"])
        self.assertEqual(done.returncode, 3)
        self.assertIn("failed (status 3)", report["grow_run"]["failure"])

    def test_every_answer_tells_the_same_size(self):
        """The program itself reports each source; they agree before and after, and an open file follows."""
        script = self.write("sources.py", SOURCES)
        report, done = self.drill("/usr/bin/python3", script, self.path("now"),
                                  options=["--ready-file", self.path("now"), "--probe", f"cat {self.path('now')}",
                                           "--memory", "2G:8G"])
        self.assertEqual(done.returncode, 0, done)
        small, large = ({m["name"]: m[key] for m in report["metrics"] if m["name"].startswith("probe ")}
                        for key in ("at_min", "grown"))
        cpus = ["online", "present", "affinity", "cpuinfo", "stat", "nproc", "kept-online", "relative"]
        for name in cpus:
            self.assertEqual((small[f"probe {name}"], large[f"probe {name}"]), ("1", "4"), name)
        for name in ("sysinfo", "meminfo"):
            self.assertEqual((small[f"probe {name}"], large[f"probe {name}"]), ("2048", "8192"), name)
        self.assertEqual((small["probe possible"], large["probe possible"]), ("4", "4"))
        self.assertEqual(report["grow"], "live")


SOURCES = """
import os, subprocess, sys, time
def count(text):
    return sum(int(r.split("-")[-1]) - int(r.split("-")[0]) + 1 for r in text.split(","))
cpu = "/sys/devices/system/cpu/"
kept = open(cpu + "online")
folder = os.open(cpu, os.O_DIRECTORY)
while True:
    kept.seek(0)
    meminfo = dict(line.split(":") for line in open("/proc/meminfo"))
    now = {"online": count(open(cpu + "online").read()), "present": count(open(cpu + "present").read()),
           "possible": count(open(cpu + "possible").read()), "affinity": len(os.sched_getaffinity(0)),
           "cpuinfo": sum(line.startswith("processor") for line in open("/proc/cpuinfo")),
           "stat": sum(line.startswith("cpu") for line in open("/proc/stat")) - 1,
           "nproc": int(subprocess.check_output(["nproc"])), "kept-online": count(kept.read()),
           "relative": count(os.read(os.open("online", os.O_RDONLY, dir_fd=folder), 100).decode()),
           "sysinfo": os.sysconf("SC_PHYS_PAGES") * 4096 >> 20, "meminfo": int(meminfo["MemTotal"].split()[0]) >> 10}
    with open(sys.argv[1] + ".new", "w") as file:
        file.writelines(f"{name} {value}\\n" for name, value in now.items())
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    time.sleep(0.1)
"""


class HostileTest(Case):
    def test_programs_that_end_are_told_with_their_exit_code(self):
        for habit, told in (("exit", "exit code 42"), ("die-asking", "signal 9"), ("close", "exit code 7")):
            report, done = self.drill(SUBJECT, habit)
            self.assertEqual(done.returncode, 3, habit)
            self.assertIn(told, str(report["grow_run"]) + str(report["shrink_run"]), habit)

    def test_odd_paths_reach_the_kernel_as_they_are(self):
        report, done = self.drill(SUBJECT, "ask-badly")
        self.assertIn("exit code 0", report["grow_run"]["failure"])
        self.assertEqual(done.returncode, 3)

    def test_a_program_that_cannot_run(self):
        self.assertEqual(self.check("drill", "--", self.path("missing")).returncode, 127)
        self.assertEqual(self.check("drill", "--", self.write("text", "no program")).returncode, 126)
        self.assertEqual(self.check("drill", "--cpus", "4:1", "--", SUBJECT, "live").returncode, 2)

    def test_a_stopped_program_and_a_daemon_that_ignores_signals_are_ended(self):
        _, done = self.drill(SUBJECT, "daemon")
        self.assertEqual(done.returncode, 0, done)
        report, done = self.drill(SUBJECT, "stop", timeout=60)
        self.assertEqual(done.returncode, 0, done)

    def test_a_fork_bomb_is_bounded_and_leaves_nothing(self):
        report, _ = self.drill(SUBJECT, "fork-bomb", options=["--max-tasks", 100], timeout=100)
        self.assertTrue(report["grow_run"]["tasks_denied"])
        for look in report["grow_run"]["looks"]:
            self.assertLess(look["pools"]["drill_subject"]["processes"], 210)

    def test_an_interrupt_ends_everything(self):
        drill = self.start("drill", "--settle", 30, "--", SUBJECT, "live")
        self.eventually(lambda: len(self.marked()) >= 2)
        drill.send_signal(signal.SIGINT)
        drill.communicate(timeout=30)
        self.assertEqual(drill.returncode, 130)

    def test_a_killed_supervisor_takes_the_program_with_it(self):
        drill = self.start("drill", "--settle", 30, "--", SUBJECT, "live")
        self.eventually(lambda: len(self.marked()) >= 2)
        drill.kill()
        drill.communicate(timeout=30)
        self.eventually(lambda: not self.marked())

    def test_a_port_in_use_is_no_sign_of_readiness(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            done = self.check("drill", "--ready-port", other.getsockname()[1], "--", SUBJECT, "live")
        self.assertEqual(done.returncode, 2)
        self.assertIn("listens there already", done.stderr)


if __name__ == "__main__":
    unittest.main()
