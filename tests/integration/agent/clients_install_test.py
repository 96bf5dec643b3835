#!/usr/bin/env python3
"""The installed clients are found where an application looks for them, and the installed examples with them.

  clients_install_test.py BUILD
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD = ""


class ClientsInstall(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dynascale-install-")
        self.addCleanup(folder.cleanup)
        self.prefix = pathlib.Path(folder.name) / "usr"
        subprocess.run(["cmake", "--install", BUILD, "--component", "clients", "--prefix", self.prefix],
                       check=True, stdout=subprocess.DEVNULL)
        self.examples = self.prefix / "share/doc/dynascale/examples"

    def test_python_finds_the_module(self):
        environment = {**os.environ, "PYTHONPATH": str(self.prefix / "lib/python3/dist-packages")}
        code = "import dynascale; print(dynascale.__file__, dynascale.Agent.__name__)"
        shown = subprocess.run([sys.executable, "-B", "-c", code], env=environment, check=True, capture_output=True,
                               text=True, cwd=self.prefix)
        self.assertEqual(shown.stdout.split(), [f"{self.prefix}/lib/python3/dist-packages/dynascale.py", "Agent"])
        compile((self.examples / "pool.py").read_text(), "pool.py", "exec")

    def test_the_cpp_example_compiles_with_the_header_alone(self):
        subprocess.run(["c++", "-std=c++20", "-fsyntax-only", "-I", self.prefix / "include",
                        self.examples / "pool.cpp"], check=True)
        header = self.prefix / "include/dynascale_client.hpp"
        subprocess.run(["c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-include", header, "-x",
                        "c++", "/dev/null"], check=True)

    def test_the_examples_can_be_run(self):
        for name in ("pool.py", "workerd-adapter"):
            self.assertTrue(os.access(self.examples / name, os.X_OK), name)


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main(verbosity=2)
