"""What language runtimes keep and what they ask again: each figure on its own, as measured with real hot-plug."""
import glob
import os
import pathlib
import subprocess
import unittest

from case import BIN, Case, PYTHON

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"


class RuntimeTest(Case):
    def grades(self, *command, options=()):
        """Of each figure: growing, shrinking, and its values at the two starts."""
        now = self.path("now")
        report, done = self.drill(*command, now, options=["--ready-file", now, "--probe", f"cat {now}", "--memory",
                                                         "2G:8G", *options])
        self.assertEqual(done.returncode, 0, (report, done))
        return {m["name"].removeprefix("probe "): (m["grow"], m["shrink"], m["at_min"], m["at_max"])
                for m in report["metrics"]}

    def test_python(self):
        grades = self.grades(PYTHON, PROGRAMS / "pools.py")
        self.assertEqual(grades["cpu_count"], ("live", "live", "1", "4"))
        self.assertEqual(grades["newExecutor"], ("live", "live", "5", "8"))
        self.assertEqual(grades["keptExecutor"], ("restart", "restart", "5", "8"))

    def test_java(self):
        java, = glob.glob("/usr/lib/jvm/java-17-openjdk-*/bin/java")
        grades = self.grades(java, "-XX:-UsePerfData", PROGRAMS / "Pools.java")
        self.assertEqual(grades["availableProcessors"], ("live", "live", "1", "4"))
        self.assertEqual(grades["newPool"], ("live", "live", "1", "4"))
        self.assertEqual(grades["commonPool"], ("restart", "restart", "1", "3"))
        self.assertEqual(grades["maxMemory"][:2], ("restart", "restart"))

    def test_node(self):
        grades = self.grades("/usr/bin/node", PROGRAMS / "pools.js")
        self.assertEqual(grades["cpus"], ("live", "live", "1", "4"))
        self.assertEqual(grades["availableParallelism"], ("live", "live", "1", "4"))
        self.assertEqual(grades["totalmem"], ("live", "live", "2048", "8192"))
        self.assertEqual(grades["heapLimit"][:2], ("restart", "restart"))

    def test_ruby(self):
        self.assertEqual(self.grades("/usr/bin/ruby", PROGRAMS / "pools.rb")["nprocessors"], ("live", "live", "1", "4"))

    def test_cpp(self):
        """The libraries of C and C++ answer anew; OpenMP's team and TBB's pools keep the size of their start."""
        grades = self.grades(BIN / "drill_pools")
        for figure in ("hardwareConcurrency", "online", "ompProcessors"):
            self.assertEqual(grades[figure], ("live", "live", "1", "4"), figure)
        self.assertEqual(grades["pagesMiB"], ("live", "live", "2048", "8192"))
        for figure in ("kept", "ompTeam", "tbb"):
            self.assertEqual(grades[figure], ("restart", "restart", "1", "4"), figure)
        self.assertEqual(grades["configured"], ("never", "never", "4", "4"))

    def test_go(self):
        """Go before 1.25 keeps both numbers for life; the program is linked statically."""
        program = self.path("pools")
        subprocess.run(["go", "build", "-o", program, PROGRAMS / "pools.go"], check=True, cwd=self.folder,
                       env={**os.environ, "CGO_ENABLED": "0", "GO111MODULE": "off", "GOFLAGS": "",
                            "GOCACHE": self.path("cache"), "GOPATH": self.path("go")})
        self.assertNotIn(b"ld-linux", pathlib.Path(program).read_bytes())
        grades = self.grades(program)
        self.assertEqual(grades["numCPU"], ("restart", "restart", "1", "4"))
        self.assertEqual(grades["gomaxprocs"], ("restart", "restart", "1", "4"))

    def test_rust(self):
        program = self.path("pools")
        subprocess.run(["rustc", "-O", "-o", program, PROGRAMS / "pools.rs"], check=True, cwd=self.folder)
        grades = self.grades(program)
        self.assertEqual(grades["parallelism"], ("live", "live", "1", "4"))
        self.assertEqual(grades["kept"], ("restart", "restart", "1", "4"))

    def test_beam(self):
        """Schedulers that are online stay as many as at the start, until the machine is told to look again."""
        subprocess.run(["erlc", "-o", self.folder, PROGRAMS / "pools.erl"], check=True)
        command = ["erl", "-noshell", "-pa", self.folder, "-eval", "pools:main(init:get_plain_arguments())", "-extra"]
        grades = self.grades(*command)
        self.assertEqual(grades["schedulers"], ("never", "never", "4", "4"))
        self.assertEqual(grades["schedulersOnline"], ("restart", "restart", "1", "4"))
        grades = self.grades(*command, options=["--reload", f"touch {self.path('now')}.update"])
        self.assertEqual(grades["schedulersOnline"], ("reload", "reload", "1", "4"))


if __name__ == "__main__":
    unittest.main()
