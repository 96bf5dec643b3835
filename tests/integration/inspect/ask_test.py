#!/usr/bin/env python3
"""`dynascale-check inspect` asks real servers: what runs counts more than what their files say.

  ask_test.py BUILD/bin/dynascale-check
"""
import glob
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

CHECK = ""
NOBODY = 65534
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin:" + ":".join(sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True))


def program(name):
    found = shutil.which(name, path=PATH)
    if found is None:
        raise AssertionError(f"{name} is not installed: packaging/install-deps.sh test")
    return found


class AskTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-ask-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *argv, **options):
        process = subprocess.Popen(argv, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   **options)

        def stop():
            process.send_signal(signal.SIGINT if "postgres" in argv[0] else signal.SIGTERM)
            process.wait(30)
        self.addCleanup(stop)
        return process

    def wait_for(self, process, *probe, **options):
        deadline = time.monotonic() + 60
        while subprocess.run(probe, capture_output=True, **options).returncode != 0:
            self.assertIsNone(process.poll(), "the server ended")
            self.assertLess(time.monotonic(), deadline, "the server does not answer")
            time.sleep(0.1)

    def inspect(self, process, *arguments, check=None, **options):
        run = subprocess.run([check or CHECK, "inspect", "-f", "json", *arguments, str(process.pid)],
                             capture_output=True, text=True, cwd="/", **options)
        self.assertIn(run.returncode, (0, 1, 3), run.stderr)
        report = json.loads(run.stdout)
        found = {(f["rule"], pathlib.Path(f["path"]).name, f["line"]): f for f in report["findings"]}
        return found, [i for i in report["incidents"] if i["rule"] == "DSC905"]

    def test_redis(self):
        socket = self.folder / "redis.sock"
        config = self.folder / "redis.conf"
        config.write_text(f"port 0\nunixsocket {socket}\nsave \"\"\nio-threads 2\nmaxmemory 100mb\n")
        redis = self.start(program("redis-server"), str(config))
        client = [program("redis-cli"), "-s", str(socket)]
        self.wait_for(redis, *client, "PING")
        found, silent = self.inspect(redis)
        self.assertEqual(silent, [])
        self.assertIn("CONFIG says 2", found["DSC111", "redis.conf", 4]["message"])
        self.assertIn(("DSC303", "redis.conf", 5), found)
        subprocess.run([*client, "CONFIG", "SET", "maxmemory", "0"], check=True, capture_output=True)
        self.assertNotIn(("DSC303", "redis.conf", 5), self.inspect(redis)[0])
        # Its title hides its command line: only the server itself names its file.
        self.assertEqual(self.inspect(redis, "--offline"), ({}, []))
        subprocess.run([*client, "CONFIG", "SET", "requirepass", "secret"], check=True, capture_output=True)
        _, silent = self.inspect(redis)
        self.assertIn("NOAUTH", silent[0]["message"])

    def test_mariadb(self):
        socket = self.folder / "m.sock"
        config = self.folder / "my.cnf"
        user = pwd.getpwuid(os.getuid()).pw_name
        config.write_text(f"[mysqld]\ndatadir={self.folder}/data\nsocket={socket}\nskip-networking\nuser={user}\n"
                          f"pid-file={self.folder}/pid\naria_pagecache_buffer_size=64M\n"
                          "innodb_read_io_threads=8\n")
        subprocess.run([program("mariadb-install-db"), f"--defaults-file={config}", "--auth-root-authentication-method="
                        "socket", f"--auth-root-socket-user={user}"], check=True, capture_output=True)
        server = self.start(program("mariadbd"), f"--defaults-file={config}", f"--socket={socket}")
        client = [program("mariadb"), "--no-defaults", f"--socket={socket}", "-e"]
        self.wait_for(server, *client, "SELECT 1")
        found, silent = self.inspect(server)
        self.assertEqual(silent, [])
        cache = found["DSC405", "my.cnf", 7]
        self.assertIn("SYSTEM_VARIABLES says 67108864", cache["message"])
        self.assertEqual(cache["grow"], "restart")
        self.assertIn("SYSTEM_VARIABLES says 8", found["DSC111", "my.cnf", 8]["message"])
        self.assertFalse([key for key in found if key[1] == "SYSTEM_VARIABLES"])
        subprocess.run([*client, "SET GLOBAL innodb_purge_threads = 3"], check=True, capture_output=True)
        told = [f for key, f in self.inspect(server)[0].items() if key[1] == "SYSTEM_VARIABLES"]
        self.assertEqual([(f["rule"], f["grow"]) for f in told], [("DSC111", "api")])

    def test_postgresql(self):
        uid = NOBODY if os.getuid() == 0 else os.getuid()
        user = pwd.getpwuid(uid).pw_name
        who = {"user": uid, "env": dict(os.environ, PATH=PATH, HOME="/", USER=user, LOGNAME=user)}
        os.chown(self.folder, uid, -1)
        check = shutil.copy(CHECK, self.folder)  # That user may not be allowed into the build folder.
        data = self.folder / "data"
        subprocess.run([program("initdb"), "-A", "peer", "-D", str(data)], check=True, capture_output=True, **who)
        server = self.start(program("postgres"), "-D", str(data), "-k", str(self.folder), "-h", "", "-p", "54329",
                            "-c", "max_worker_processes=6", **who)
        client = [program("psql"), "-h", str(self.folder), "-p", "54329", "-d", "postgres", "-c"]
        self.wait_for(server, *client, "SELECT 1", **who)
        found, silent = self.inspect(server, check=check, **who)
        self.assertEqual(silent, [])
        shared = [f for key, f in found.items() if key[:2] == ("DSC405", "postgresql.conf")]
        self.assertEqual(shared[0]["grow"], "restart")
        self.assertIn("pg_settings says 128MB", shared[0]["message"])
        told = [f for key, f in found.items() if key[1] == "pg_settings"]
        self.assertIn("max_worker_processes", " ".join(f["message"] for f in told))


if __name__ == "__main__":
    CHECK = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
