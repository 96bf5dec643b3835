"""The grades of real servers, as they were measured with real CPUs and memory that were plugged into a machine."""
import unittest
from concurrent.futures import ThreadPoolExecutor

import servers
from case import Case

# Server, how it reloads, the grades of growing and shrinking, a metric with its values at minimum and maximum.
TABLE = [
    ("nginx auto", lambda case: servers.nginx(case, "auto"), "HUP", "restart", ("nginx: processes", "2", "5")),
    ("nginx fixed", lambda case: servers.nginx(case, "3"), "HUP", "never", ("nginx: processes", "4", "4")),
    ("gunicorn", servers.gunicorn, "HUP", "reload", ("gunicorn: processes", "4", "10")),
    ("uWSGI", servers.uwsgi, "HUP", "reload", ("uwsgi-core: processes", "2", "5")),
    ("HAProxy", servers.haproxy, "USR2", "reload", ("haproxy: threads", "2", "5")),
    ("PHP-FPM", servers.php_fpm, "USR2", "never", ("php-fpm8.2: processes", "4", "4")),
    ("Apache", servers.apache, "USR1", "never", ("apache2: processes", "3", "3")),
    ("memcached", servers.memcached, None, "never", ("memcached: threads", "10", "10")),
    ("Redis", servers.redis, None, "restart", ("redis-server: threads", "5", "5")),
    ("PostgreSQL", servers.postgresql, "HUP", "never", ("postgres: processes", "6", "6")),
    ("MariaDB", servers.mariadb, None, "restart", ("probe pool", "1", "4")),
    ("Celery", servers.celery, None, "restart", ("python3: processes", "2", "5")),
    ("Celery fixed", lambda case: servers.celery(case, "--concurrency=3"), None, "never",
     ("python3: processes", "4", "4")),
]


class OneServer(Case):
    def __init__(self, row):
        super().__init__("run_row")
        self.row = row

    def run_row(self):
        name, prepare, reload_signal, grade, (metric, at_min, at_max) = self.row
        command, options = prepare(self)
        if reload_signal:
            options += ["--reload-signal", reload_signal]
        # The master of uWSGI looks at its workers once a second, so a reload rests half way.
        settle = 2.5 if name == "uWSGI" else 1
        report, done = self.drill(*command, options=["--settle", settle, *options])
        log = done.stdout + done.stderr
        self.assertEqual(done.returncode, 0, f"{name}: {report}\n{log}")
        self.assertEqual((report["grow"], report["shrink"]), (grade, grade), f"{name}: {report}\n{log}")
        found = {m["name"]: (m["at_min"], m["at_max"]) for m in report["metrics"]}
        self.assertEqual(found.get(metric), (at_min, at_max), f"{name}: {found}")
        looks = report["grow_run"]["looks"] + report["shrink_run"]["looks"]
        self.assertTrue(all(look["alive"] and look["accepts"] is not False for look in looks), f"{name}: {looks}")


def load_tests(_loader, _tests, _pattern):
    return unittest.TestSuite([AllServers("test_all")])


class AllServers(unittest.TestCase):
    def test_all(self):
        """Three at once: a drill mostly waits."""
        def one(row):
            result = unittest.TestResult()
            OneServer(row).run(result)
            return row[0], result
        with ThreadPoolExecutor(3) as pool:
            for name, result in pool.map(one, TABLE):
                with self.subTest(server=name):
                    self.assertTrue(result.wasSuccessful(),
                                    "\n".join(text for _, text in result.errors + result.failures))


if __name__ == "__main__":
    unittest.main()
