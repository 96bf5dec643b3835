#!/usr/bin/env python3
"""Runs integration tests against servers newer than Debian 12's, unpacked from newer Debian suites: the adapters' ones,
and those of hostd's libvirt (row "hypervisor").

    tests/matrix/run.py [--refresh] [--only TEXT] BUILD_FOLDER

The suites stay in BUILD_FOLDER/matrix; --refresh fetches them again. --only runs the rows that contain TEXT. Each
server runs as an unprivileged user with its suite as root folder, in a mount namespace of its own: root rights are
needed, and no mount is left behind. Prints a table; exit status 1: a row failed or could not be obtained.
"""
import argparse
import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import hypervisor
from suites import Suite, Unobtainable

ROW_LIMIT_S = 1500
TREES = {
    "trixie": ["postgresql-17", "mariadb-server-core", "mariadb-client-core", "mariadb-server", "gunicorn"],
    "sid": ["postgresql-18", "mysql-server-core", "gunicorn", "libvirt-dev", "libvirt-daemon",
            "libvirt-daemon-driver-qemu", "qemu-system-x86", "util-linux"],
}
ADAPTERS = "test_integration_adapters"


@dataclasses.dataclass(frozen=True)
class Row:
    application: str
    suite: str
    version: tuple[str, ...]  # Prints the version.
    tests: str


def postgresql(suite, major):
    return Row("PostgreSQL", suite, (f"/usr/lib/postgresql/{major}/bin/postgres", "--version"), "PostgresqlTest.*")


def gunicorn(suite):
    return Row("gunicorn", suite, ("/usr/bin/python3", "/usr/bin/gunicorn", "--version"), "GunicornTest.*")


ROWS = [
    Row("MySQL", "sid", ("/usr/sbin/mysqld", "--version"), "MariadbTest.*"),
    Row("MariaDB", "trixie", ("/usr/sbin/mariadbd", "--version"), "MariadbTest.*"),
    postgresql("trixie", 17),
    postgresql("sid", 18),
    gunicorn("trixie"),
    gunicorn("sid"),
    Row("hypervisor", "sid", ("/usr/bin/qemu-system-x86_64", "--version"), "*"),
]


@dataclasses.dataclass
class Outcome:
    version: str = "?"
    passed: int = 0
    failed: list[str] = dataclasses.field(default_factory=list)
    skipped: list[str] = dataclasses.field(default_factory=list)
    problem: str = ""
    seconds: float = 0

    def good(self):
        return not self.problem and not self.failed and self.passed > 0

    def text(self):
        if self.problem:
            return f"FAILED: {self.problem}"
        counts = f"{self.passed} passed"
        if self.skipped:
            counts += f", {len(self.skipped)} not for this server"
        if self.failed:
            return f"FAILED: {', '.join(self.failed)} ({counts})"
        return counts if self.passed else "FAILED: no test ran"


def read_report(path, outcome):
    """Fills in what GoogleTest wrote; a test that did not finish has no entry there, so the caller looks too."""
    try:
        report = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        outcome.problem = outcome.problem or f"the tests left no report ({error.__class__.__name__})"
        return
    for case in (case for suite in report["testsuites"] for case in suite["testsuite"]):
        if case.get("failures"):
            outcome.failed.append(case["name"])
        elif case["result"] == "SKIPPED":
            outcome.skipped.append(case["name"])
        elif case["result"] == "COMPLETED":
            outcome.passed += 1


def command_of(row, suite, build, folder):
    """What runs the row's tests, and in which environment. Raises Unobtainable."""
    if row.application == "hypervisor":
        return hypervisor.command(suite, build, folder)
    programs = list(build.rglob(ADAPTERS))
    if not programs:
        raise Unobtainable(f"no {ADAPTERS} below {build}: build it first")
    return [programs[0].resolve()], {**os.environ, "DYNASCALE_TEST_ROOT": str(suite.root)}


def run_row(row, suite, build, folder):
    outcome = Outcome()
    began = time.monotonic()
    name = f"{row.application}-{row.suite}".lower()
    report, log = folder / f"{name}.json", folder / f"{name}.log"
    report.unlink(missing_ok=True)
    try:
        suite.unpack()
        outcome.version = suite.version(*row.version)
        command, environment = command_of(row, suite, build, folder)
        command += [f"--gtest_filter={row.tests}", f"--gtest_output=json:{report}"]
        with log.open("wb") as output:
            ended = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT,
                                   timeout=ROW_LIMIT_S, check=False)
        if ended.returncode not in (0, 1):
            outcome.problem = f"the tests ended with status {ended.returncode}"
        read_report(report, outcome)
        if ended.returncode == 1 and not outcome.failed and not outcome.problem:
            outcome.problem = "the tests failed outside of a test"
    except Unobtainable as error:
        outcome.problem = f"not obtained: {error}"
    except subprocess.TimeoutExpired:
        outcome.problem = f"did not end in {ROW_LIMIT_S} s"
    outcome.seconds = time.monotonic() - began
    if not outcome.good() and log.exists():
        print(f"--- {log} ---\n{log.read_text(errors='replace')[-6000:]}", file=sys.stderr)
    return outcome


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path, help="folder with the built tests")
    parser.add_argument("--refresh", action="store_true", help="fetch the suites again")
    parser.add_argument("--only", default="", metavar="TEXT", help="run rows with TEXT, as 'PostgreSQL sid'")
    return parser.parse_args()


def main():
    options = arguments()
    if os.geteuid() != 0:
        print("test-matrix: root rights are needed to run a server in another suite's root folder", file=sys.stderr)
        return 2
    build = options.build.resolve()
    folder = build / "matrix"
    folder.mkdir(exist_ok=True)
    suites = {name: Suite(name, packages, folder) for name, packages in TREES.items()}
    if options.refresh:
        for suite in suites.values():
            suite.forget()
    rows = [row for row in ROWS if options.only.lower() in f"{row.application} {row.suite}".lower()]
    outcomes = []
    for row in rows:
        outcomes.append(run_row(row, suites[row.suite], build, folder))
        print(f"{row.application} from {row.suite}: {outcomes[-1].text()}", flush=True)
    print(f"\n{'application':<12} {'version':<10} {'suite':<8} {'time':>6}  result")
    for row, outcome in zip(rows, outcomes):
        took = f"{outcome.seconds:>4.0f} s"
        print(f"{row.application:<12} {outcome.version:<10} {row.suite:<8} {took}  {outcome.text()}")
    bad = sum(not outcome.good() for outcome in outcomes)
    print(f"\n{len(outcomes) - bad} passed, {bad} failed")
    return 1 if bad or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
