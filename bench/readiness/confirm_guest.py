"""Drills programs and prints a line of JSON for each: in the guest with vCPUs that the host really plugs, outside of it
on the simulated machine.

usage: confirm_guest.py MIN:MAX simulated|real SETTLE_SECONDS PROGRAM...
"""
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import servers  # noqa: E402

CPUS, HOW, SETTLE = sys.argv[1:4]
WANTED = sys.argv[4:]
ENVIRONMENT = {**os.environ, "LD_LIBRARY_PATH": str(HERE / "lib"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Place:
    """What servers.py asks of a test case: a folder of its own."""

    def __init__(self, name):
        self.folder = HERE / "run" / name
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return self.path(name)

    def path(self, name):
        return str(self.folder / name)


def figures(place, *command):
    now = place.path("now")
    return [*map(str, command), now], ["--ready-file", now, "--probe", f"cat {now}"]


# Name, how it is started, its reload.
PROGRAMS = {
    "nginx": (lambda place: servers.nginx(place, "auto"), "HUP"),
    "nginx-fixed": (lambda place: servers.nginx(place, "3"), "HUP"),
    "gunicorn": (servers.gunicorn, "HUP"),
    "uwsgi": (servers.uwsgi, "HUP"),
    "haproxy": (servers.haproxy, "USR2"),
    "memcached": (servers.memcached, None),
    "postgresql": (servers.postgresql, "HUP"),
    "mariadb": (servers.mariadb, None),
    "python": (lambda place: figures(place, "/usr/bin/python3", HERE / "pools.py"), None),
    "java": (lambda place: figures(place, "/usr/bin/java", "-XX:-UsePerfData", "-cp", HERE, "Pools"), None),
    "cpp": (lambda place: figures(place, HERE / "drill_pools"), None),
}


def drill(place, command, options):
    # The same memory all the time: here CPUs alone come and go.
    how = ["--plug"] if HOW == "real" else ["--memory", "1G:1G"]
    report = place.path("report.json")
    began = time.monotonic()
    done = subprocess.run([HERE / "dynascale-check", "drill", "--json", "-o", report, "--cpus", CPUS, *how, *options,
                           "--settle", SETTLE, "--ready-timeout", "240", "--", *command], env=ENVIRONMENT,
                          capture_output=True, text=True, check=False)
    seconds = round(time.monotonic() - began)
    if done.returncode != 0:
        return {"error": f"status {done.returncode}: {done.stderr[-1500:]}", "seconds": seconds}
    told = json.loads(pathlib.Path(report).read_text())
    looks = told["grow_run"]["looks"] + told["shrink_run"]["looks"]
    keys = ("at_min", "grown", "grown_reloaded", "at_max", "shrunk", "shrunk_reloaded")
    return {"grow": told["grow"], "shrink": told["shrink"], "seconds": seconds, "by": told["by"],
            "answers": all(look["alive"] and look["accepts"] is not False for look in looks),
            "metrics": {m["name"]: [m["grow"], m["shrink"], *(m[key] for key in keys)]
                        for m in told["metrics"] if m["depends"]}}


def main():
    (HERE / "dynascale-check").chmod(0o755)
    if (HERE / "drill_pools").exists():
        (HERE / "drill_pools").chmod(0o755)
    os.environ["PATH"] = ENVIRONMENT["PATH"]
    for name in WANTED or PROGRAMS:
        prepare, reload_signal = PROGRAMS[name]
        place = Place(name)
        try:
            command, options = prepare(place)
            options = [*map(str, options), *(["--reload-signal", reload_signal] if reload_signal else [])]
            told = {"name": name, **drill(place, command, options)}
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            told = {"name": name, "error": repr(error)}
        print("RESULT " + json.dumps(told), flush=True)
    print("RESULT end", flush=True)


if __name__ == "__main__":
    main()
