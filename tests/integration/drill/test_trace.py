"""trace: who asks, when, and that the traced program cannot harm it."""
import json
import signal
import time
import unittest

from case import Case, PYTHON, STATIC_SUBJECT, SUBJECT


class TraceTest(Case):
    def own(self, report):
        return [q for q in report["questions"] if not q["noise"]]

    def test_names_who_asks_and_sets_the_library_noise_apart(self):
        report, _ = self.trace(SUBJECT, "noise")
        self.assertEqual(self.own(report), [])
        self.assertEqual({q["noise"] for q in report["questions"]},
                         {"qsort() sizes its buffer", "stack bounds of a thread", "malloc() limits its arenas"})
        self.assertEqual(report["verdict"]["CPUs"], "not asked")

    def test_names_function_and_file_even_of_a_static_program(self):
        for subject in (SUBJECT, STATIC_SUBJECT):
            report, done = self.trace(subject, "fixed", options=["--for", 1.5, "--boot", 0.5])
            question, = self.own(report)
            self.assertEqual(question["what"], "reads /sys/devices/system/cpu/online")
            self.assertRegex(question["asker"], r"^drill_subject.*: .*follow")
            self.assertEqual((question["boot"], question["later"], question["reload"]), (1, 0, 0))
            self.assertEqual(report["verdict"]["CPUs"], "asked at start only")
            self.assertEqual(done.returncode, 128 + signal.SIGTERM)

    def test_tells_asking_again_while_running(self):
        report, _ = self.trace(SUBJECT, "live", options=["--for", 2])
        self.assertEqual(report["verdict"]["CPUs"], "asked again while running")

    def test_tells_asking_again_on_reload_and_passes_the_signals_on(self):
        tracer = self.start("trace", "--json", "-o", self.path("report"), "--boot", "0.5", "--", SUBJECT, "reload")
        self.assertEqual(tracer.stdout.readline(), "ready\n")
        time.sleep(1)
        tracer.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        tracer.send_signal(signal.SIGTERM)
        tracer.communicate(timeout=20)
        self.assertEqual(tracer.returncode, 128 + signal.SIGTERM)
        report = json.loads((self.folder / "report").read_text())
        question, = self.own(report)
        self.assertEqual((question["boot"], question["later"], question["reload"]), (1, 0, 1))
        self.assertEqual(report["verdict"]["CPUs"], "asked again on reload")

    def test_sees_pinning_and_held_memory(self):
        report, done = self.trace(SUBJECT, "hold")
        self.assertEqual(done.returncode, 0)
        self.assertEqual({(q["question"], q["what"]) for q in self.own(report)},
                         {(2, "sched_setaffinity"), (4, "mmap populated, 32 MiB"), (4, "mlock of 32 MiB")})

    def test_follows_children_and_threads(self):
        code = "import os, subprocess, threading\n" \
               "threading.Thread(target=os.cpu_count).start()\n" \
               "subprocess.run(['nproc'], stdout=subprocess.DEVNULL)"
        report, _ = self.trace(PYTHON, "-c", code)
        self.assertEqual({(q["what"], q["asker"].split(":")[0]) for q in self.own(report)},
                         {("reads /sys/devices/system/cpu/online", "python3.11"), ("sched_getaffinity", "nproc")})


class HostileTest(Case):
    def test_exit_codes_and_deaths_pass_through(self):
        self.assertEqual(self.check("trace", "--", SUBJECT, "exit").returncode, 42)
        self.assertEqual(self.check("trace", "--", SUBJECT, "close").returncode, 7)
        self.assertEqual(self.check("trace", "--", SUBJECT, "die-asking").returncode, 128 + signal.SIGKILL)
        self.assertEqual(self.check("trace", "--", SUBJECT, "ask-badly").returncode, 0)
        missing = self.check("trace", "--", self.path("missing"))
        self.assertEqual(missing.returncode, 127)
        self.assertIn("No such file", missing.stderr)
        self.assertEqual(self.check("trace", "--", self.write("text", "no program")).returncode, 126)

    def test_a_program_that_stops_itself_is_ended_in_time(self):
        report, done = self.trace(SUBJECT, "stop", options=["--for", 0.5], timeout=20)
        self.assertIn(done.returncode, (3, 128 + signal.SIGTERM))
        self.assertEqual(report["incomplete"], "")

    def test_a_fork_bomb_is_bounded_and_leaves_nothing(self):
        report, done = self.trace(SUBJECT, "fork-bomb", options=["--max-tasks", 200], timeout=60)
        self.assertEqual(done.returncode, 3)
        self.assertIn("all were killed", report["incomplete"])

    def test_a_daemon_that_ignores_signals_is_ended_too(self):
        _, done = self.trace(SUBJECT, "daemon", options=["--for", 1], timeout=30)
        self.assertEqual(done.returncode, 128 + signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
