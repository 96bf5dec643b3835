#!/usr/bin/env python3
"""What the agent and hostd cost at rest, with one real guest: memory (PSS) and processor time.

    bench/footprint.py [--seconds 60]

Under software emulation the agent's processor time is that of an emulated core, several times that of a real one.
"""
import argparse
import os
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/guest"),
                str(Path(__file__).resolve().parents[1] / "tests/e2e")]

from case_hostd import LibvirtdCase  # noqa: E402
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    with Run() as run:
        LibvirtdCase.run_ = run
        LibvirtdCase.prepare()
        guest, hostd = LibvirtdCase.guest, LibvirtdCase.hostd
        time.sleep(10)
        pid = hostd_pid(hostd.process)
        began, agent, host = time.monotonic(), guest.state()["agent_use"], host_use(pid)
        time.sleep(seconds)
        passed, agent_after, host_after = time.monotonic() - began, guest.state()["agent_use"], host_use(pid)
        print(f"{'program':<18}{'PSS MiB':>10}{'goal':>6}{'% of a core':>14}{'goal':>6}")
        for name, before, after, memory, share in (("dynascale-agent", agent, agent_after, 10, "0.2"),
                                                   ("dynascale-hostd", host, host_after, 25, "-")):
            used = (after["cpu_s"] - before["cpu_s"]) / passed * 100
            print(f"{name:<18}{after['pss_bytes'] / MIB:>10.1f}{memory:>6}{used:>14.2f}{share:>6}")


if __name__ == "__main__":
    main()
