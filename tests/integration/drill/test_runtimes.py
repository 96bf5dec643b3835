"""What language runtimes keep and what they ask again: each figure on its own, as measured with real hot-plug."""
import glob
import pathlib
import unittest

from case import Case, PYTHON

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"


class RuntimeTest(Case):
    def grades(self, *command):
        """Of each figure: growing, shrinking, and its values at the two starts."""
        now = self.path("now")
        report, done = self.drill(*command, now, options=["--ready-file", now, "--probe", f"cat {now}", "--memory",
                                                         "2G:8G"])
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
        grades = self.grades(java, PROGRAMS / "Pools.java")
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


if __name__ == "__main__":
    unittest.main()
