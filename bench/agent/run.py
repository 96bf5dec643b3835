#!/usr/bin/env python3
"""What the agent costs at rest with ten applications: memory (PSS) and processor time, without a guest.

    bench/agent/run.py [--build build] [--seconds 120] [--applications 10]

Runs in a PID namespace of its own (root is needed), so that the agent sees the ten servers that this program starts and
nothing else of this machine. The host is a terminal that says hello and hears the agent's reports, one a second. The
agent's processor time is its own and that of the programs that it ran; other load on the machine does not count.
"""
import argparse
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tty

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "bench/adapters"))
import servers  # noqa: E402

INSIDE = "DYNASCALE_BENCH_INSIDE"
MIB = 1 << 20
GOALS = {"pss_mib": 15.0, "cpu_percent": 0.5}
ORDER = [servers.Gunicorn, servers.Postgresql, servers.Mariadb, servers.Redis, servers.Memcached, servers.Nginx,
         servers.PhpFpm, servers.Apache, servers.Uwsgi, servers.Puma, servers.Haproxy, servers.Jvm]


class Host:
    """The host's side of the channel: it greets, and counts reports."""

    def __init__(self):
        self.side, self._other = pty.openpty()
        tty.setraw(self.side)
        self.path = os.ttyname(self._other)
        self.reports, self.applications = 0, []
        self._rest = b""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        hello = {"type": "hello", "versions": {"min": 1, "max": 1}, "program": "bench"}
        while True:
            if self.reports == 0:
                os.write(self.side, b"\n" + json.dumps(hello).encode() + b"\n")
            if not select.select([self.side], [], [], 1)[0]:
                continue
            self._rest += os.read(self.side, 65536)
            *lines, self._rest = self._rest.split(b"\n")
            for message in map(json.loads, filter(None, lines)):
                if message.get("type") == "report":
                    self.reports += 1
                    self.applications = message.get("applications", self.applications)


def cost(pid):
    rollup = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return {"pss_mib": int(rollup["Pss"].split()[0]) / 1024,
            "private_mib": int(rollup["Private_Dirty"].split()[0]) / 1024,
            "own_s": sum(map(int, fields[11:13])) / ticks, "programs_s": sum(map(int, fields[13:15])) / ticks}


def measure(options, folder, host):
    config = folder / "agent.toml"
    applications = [kind() for kind in ORDER[:options.applications]]
    agent = None
    try:
        text = (f'channel = "{host.path}"\nsocket = "{folder}/agent.sock"\nstate_file = "{folder}/agent.json"\n'
                f'adapters_directory = "{folder}/none"\npark = false\n')
        for application in applications:
            application.prepare()
            application.start({})
            application.fill()
            text += application.agent.format(folder=application.folder)
        config.write_text(text)
        with open(folder / "log", "wb") as log:
            agent = subprocess.Popen([str(options.build / "bin/dynascale-agent"), "--config", str(config)], stdout=log,
                                     stderr=log)
        time.sleep(options.settle)
        if agent.poll() is not None:
            sys.exit(f"bench/agent: the agent ended:\n{(folder / 'log').read_text()[-2000:]}")
        before, reports, began = cost(agent.pid), host.reports, time.monotonic()
        time.sleep(options.seconds)
        after, passed = cost(agent.pid), time.monotonic() - began
        states = {one["id"]: one.get("state") for one in host.applications}
        own, programs = ((after[key] - before[key]) / passed * 100 for key in ("own_s", "programs_s"))
        return {"applications": states, "seconds": passed, "reports": host.reports - reports,
                "pss_mib": after["pss_mib"], "private_mib": after["private_mib"], "cpu_percent": own + programs,
                "own_cpu_percent": own, "programs_cpu_percent": programs}
    finally:
        if agent is not None:
            agent.terminate()
            agent.wait(30)
        if options.log:
            shutil.copy(folder / "log", options.log)
        for application in applications:
            application.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--settle", type=float, default=75, help="seconds before the measurement begins")
    parser.add_argument("--applications", type=int, default=10, choices=range(0, len(ORDER) + 1))
    parser.add_argument("--log", help="where the agent's log is kept")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if INSIDE not in os.environ:
        if os.geteuid() != 0:
            sys.exit("bench/agent: root is needed for a PID namespace of its own")
        os.execvpe("unshare", ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, *sys.argv],
                   {**os.environ, INSIDE: "1"})
    host = Host()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-bench-agent-"))
    try:
        result = measure(options, folder, host)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{len(result['applications'])} applications: "
          + ", ".join(f"{name} {state}" for name, state in sorted(result["applications"].items())))
    print(f"PSS {result['pss_mib']:.1f} MiB (goal {GOALS['pss_mib']:.0f}), {result['private_mib']:.1f} of it its own")
    print(f"CPU {result['cpu_percent']:.2f} % of a core (goal {GOALS['cpu_percent']}): itself "
          f"{result['own_cpu_percent']:.2f}, programs that it ran {result['programs_cpu_percent']:.2f}; "
          f"{result['reports']} reports in {result['seconds']:.0f} s")


if __name__ == "__main__":
    main()
