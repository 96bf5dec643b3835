"""Runs the checker on a tree in which each rule is broken once, and on one without faults."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = pathlib.Path(__file__).with_name("check_repository.py")


def run(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        subprocess.run(["git", "init", "-q", folder], check=True)
        return subprocess.run([sys.executable, CHECKER, folder], capture_output=True, text=True)


class Checker(unittest.TestCase):
    def assert_found(self, rule, files):
        result = run(files)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(f": {rule}: ", result.stdout)

    def test_a_clean_tree_passes(self):
        result = run({"core/a.hpp": "int a();\n", "core/a.cpp": '#include "core/a.hpp"\nint a() { return 1; }\n'})
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_wrong_direction_of_include(self):
        self.assert_found("include", {"core/a.cpp": '#include "hostd/b.hpp"\n', "hostd/b.hpp": ""})

    def test_library_outside_its_folder(self):
        self.assert_found("include", {"hostd/a.cpp": "#include <libvirt/libvirt.h>\n"})

    def test_clock_in_core(self):
        self.assert_found("core", {"core/a.cpp": "auto t = std::chrono::steady_clock::now();\n"})

    def test_temporary_in_co_await(self):
        self.assert_found("co_await", {"agent/a.cpp": "task f() { co_await g(Request{1}); }\n"})
        self.assert_found("co_await", {"agent/a.cpp": "task f() { co_await g(\n    [x] { return x; });\n}\n"})
        named = "task f() { if (co_await g(a)) { b = c[1]; } }\n"
        self.assertEqual(run({"agent/a.cpp": named}).returncode, 0)

    def test_what_clang_cannot_compile(self):
        self.assert_found("clang", {"agent/a.cpp": "void f() { for (int a : b | std::views::reverse) g(a); }\n"})

    def test_long_function(self):
        self.assert_found("length", {"agent/a.cpp": "void f() {\n" + "  g();\n" * 90 + "}\n"})

    def test_dead_header(self):
        self.assert_found("dead", {"agent/a.hpp": "int a();\n"})

    def test_document_with_a_missing_file(self):
        self.assert_found("docs", {"docs/x.md": "See `core/missing.hpp`.\n"})


if __name__ == "__main__":
    unittest.main()
