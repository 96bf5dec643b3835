#!/usr/bin/env python3
"""`dynascale-check scan` on hostile trees: it ends within bounds of memory, tells what it did not read, exits with 3.

  hostile_test.py BUILD/bin/dynascale-check
"""
import gzip
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile

CHECK = ""
MEMORY = 1 << 30  # An address space this small is enough for whatever it is given.
SOURCE = "import os\nWORKERS = os.cpu_count()\n"


class HostileTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-hostile-"))
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "app.py").write_text(SOURCE)

    def scan(self, *arguments, **options):
        """Exit code, report. A crash, a hang or more memory than allowed fails the test."""
        run = subprocess.run([CHECK, "scan", "--format", "json", *arguments, str(self.root)], capture_output=True,
                             timeout=120, check=False,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)), **options)
        self.assertIn(run.returncode, (0, 1, 3), run.stderr.decode(errors="replace"))
        return run.returncode, json.loads(run.stdout)

    def assert_incomplete(self, name, rule):
        """The file is reported, the one beside it still judged."""
        code, report = self.scan()
        self.assertEqual(code, 3, report["incidents"])
        told = [(i["rule"], pathlib.Path(i["path"]).name) for i in report["incidents"]]
        self.assertIn((rule, name), told)
        self.assertEqual([f["rule"] for f in report["findings"] if f["path"].endswith("app.py")], ["DSC101"])

    def test_a_line_of_a_gigabyte(self):
        with open(self.root / "long.py", "w") as file:
            file.write("WORKERS = os.cpu_count() # ")
            file.seek((1 << 30) - 1)
            file.write("x")
        self.assert_incomplete("long.py", "DSC904")

    def test_a_line_as_long_as_is_still_read(self):
        (self.root / "long.py").write_text("WORKERS = os.cpu_count() # " + "x" * (60 << 20))
        self.assert_incomplete("long.py", "DSC904")

    def test_source_nested_without_end(self):
        (self.root / "deep.js").write_text("const n = os.cpus().length; x = " + "(" * 70000 + ")" * 70000)
        self.assert_incomplete("deep.js", "DSC904")

    def test_folders_nested_without_end(self):
        folder = os.open(self.root, os.O_DIRECTORY)
        for _ in range(600):
            os.mkdir("d", dir_fd=folder)
            inner = os.open("d", os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        os.close(folder)
        self.assert_incomplete("d", "DSC903")

    def test_pipes_and_loops_of_links_are_passed_over(self):
        os.mkfifo(self.root / "pipe.py")
        (self.root / "self.py").symlink_to("self.py")
        (self.root / "up").symlink_to(self.root)
        (self.root / "a").symlink_to("b")
        (self.root / "b").symlink_to("a")
        code, report = self.scan()
        self.assertEqual((code, [f["path"] for f in report["findings"]]), (0, [str(self.root / "app.py")]))

    def test_a_pipe_that_is_named_is_told(self):
        os.mkfifo(self.root / "pipe.py")
        code, report = self.scan(str(self.root / "pipe.py"))
        self.assertEqual(code, 3)
        self.assertEqual(report["incidents"][0]["rule"], "DSC903")

    @unittest.skipUnless(shutil.which("setpriv") and os.geteuid() == 0, "needs root to become somebody else")
    def test_what_may_not_be_read_is_told(self):
        (self.root / "secret.py").write_text(SOURCE)
        (self.root / "secret.py").chmod(0)
        (self.root / "locked").mkdir(0)
        self.root.chmod(0o755)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", CHECK, "scan", "--format", "json",
                   str(self.root)]
        run = subprocess.run(command, capture_output=True, timeout=120, check=False, cwd="/")
        self.assertEqual(run.returncode, 3, run.stderr)
        told = {(i["rule"], pathlib.Path(i["path"]).name) for i in json.loads(run.stdout)["incidents"]}
        self.assertEqual(told, {("DSC903", "secret.py"), ("DSC903", "locked")})

    def test_files_that_come_and_go(self):
        stop = threading.Event()

        def churn():
            while not stop.is_set():
                for number in range(200):
                    (self.root / f"f{number}.py").write_text(SOURCE)
                for number in range(200):
                    (self.root / f"f{number}.py").unlink()
        thread = threading.Thread(target=churn)
        thread.start()
        try:
            for _ in range(15):
                code, report = self.scan()
                self.assertIn(code, (0, 3))
                self.assertTrue(all(i["rule"] == "DSC903" for i in report["incidents"]), report["incidents"])
                self.assertIn(str(self.root / "app.py"), [f["path"] for f in report["findings"]])
        finally:
            stop.set()
            thread.join()

    def test_archives_are_never_unpacked(self):
        bomb = gzip.compress(b"\0" * (64 << 20))
        (self.root / "logs.gz").write_bytes(gzip.compress(bomb * 100))
        with zipfile.ZipFile(self.root / "lib.jar", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("../../etc/nginx/nginx.conf", "worker_processes 4;\n" * 1_000_000)
        (self.root / "nginx.conf").write_bytes(bomb)
        code, report = self.scan()
        self.assertEqual((code, len(report["findings"])), (0, 1))

    def test_odd_names(self):
        for name in ("-rf.py", "a\nb.py", "\x1b[31m.py", "%s%n.py", "'\"&<>.py"):
            (self.root / name).write_text(SOURCE)
        with open(os.fsencode(self.root) + b"/\xff\xfe.py", "w") as file:
            file.write(SOURCE)
        for format_ in ("json", "sarif", "junit", "html", "markdown", "gcc", "text"):
            run = subprocess.run([CHECK, "scan", "-f", format_, str(self.root)], capture_output=True, timeout=60,
                                 check=False)
            self.assertEqual(run.returncode, 0, format_)
            run.stdout.decode()
            self.assertNotIn(b"\x1b[31m", run.stdout, format_)

    def test_hostile_configuration(self):
        entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(20))
        (self.root / "server.xml").write_text(f'<!DOCTYPE x [<!ENTITY e0 "x">{entities}]><x a="&e20;">&e20;</x>')
        (self.root / "deep-site.xml").write_text("<a>" * 200_000)
        (self.root / "wide-site.xml").write_text("<a " + " ".join(f'k{i}="1"' for i in range(150_000)) + "/>")
        anchors = "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(20))
        (self.root / "values.yaml").write_text(anchors)
        (self.root / "nested.yaml").write_text("a: " + "[" * 100_000)
        (self.root / "nginx.conf").write_text("include *.conf;\ninclude nginx.conf;\n" + "http {" * 100_000)
        (self.root / "redis.conf").write_text("include redis.conf\ninclude ../*/*/*/redis.conf\n")
        (self.root / "app.service").write_text("[Service]\nExecStart=" + "java -Xmx1g -jar a " * 50_000)
        code, report = self.scan()
        self.assertIn(code, (0, 1, 3))
        self.assertIn(str(self.root / "app.py"), [f["path"] for f in report["findings"]])


if __name__ == "__main__":
    CHECK = os.path.abspath(sys.argv.pop(1))
    unittest.main()
