#!/usr/bin/env python3
"""What the agent and hostd cost at rest, with one real guest: memory (PSS) and processor time.

    bench/footprint.py [--seconds 120]

Under software emulation the agent runs on an emulated core, several times slower than a real one. The same piece of
work, reading and splitting files of /proc, is timed in the guest and on this machine; the last column divides by it.
"""
import argparse
import importlib.util
import json
import os
import sys
import time
import urllib.request
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(SOURCE / "tests/guest"), str(SOURCE / "tests/e2e")]

from case_hostd import LibvirtdCase  # noqa: E402
from lab.guest import PROBE  # noqa: E402
from lab.processes import Run  # noqa: E402

MIB = 1 << 20


def host_use(pid):
    rollup = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return {"pss_bytes": int(rollup["Pss"].split()[0]) * 1024,
            "cpu_s": (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")}


def hostd_pid(process):
    """The daemon itself, below the helper that enters its mount namespace."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else process.pid


def slowdown(guest):
    """How many times longer the guest's core takes than this machine's for the same work."""
    spec = importlib.util.spec_from_file_location("probe", SOURCE / "tests/guest/payload/usr/local/lib/guest/probe.py")
    probe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)
    here = min(probe.speed() for _ in range(5))
    with urllib.request.urlopen(guest.url("/speed", PROBE), timeout=300) as answer:
        there = json.load(answer)
    return there / here


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    seconds = parser.parse_args().seconds
    with Run() as run:
        LibvirtdCase.run_ = run
        LibvirtdCase.prepare()
        guest, hostd = LibvirtdCase.guest, LibvirtdCase.hostd
        factor = slowdown(guest)
        time.sleep(30)
        pid = hostd_pid(hostd.process)
        began, agent, host = time.monotonic(), guest.state()["agent_use"], host_use(pid)
        time.sleep(seconds)
        passed, agent_after, host_after = time.monotonic() - began, guest.state()["agent_use"], host_use(pid)
        print(f"the guest's core is {factor:.1f} times slower than this machine's")
        print(f"{'program':<18}{'PSS MiB':>9}{'goal':>6}{'% of its core':>15}{'% of a real core':>18}{'goal':>6}")
        for name, before, after, memory, share, times in (("dynascale-agent", agent, agent_after, 10, "0.2", factor),
                                                          ("dynascale-hostd", host, host_after, 25, "-", 1)):
            used = (after["cpu_s"] - before["cpu_s"]) / passed * 100
            print(f"{name:<18}{after['pss_bytes'] / MIB:>9.1f}{memory:>6}{used:>15.2f}{used / times:>18.2f}{share:>6}")


if __name__ == "__main__":
    main()
