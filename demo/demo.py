#!/usr/bin/env python3
"""A real virtual machine grows under load, its applications follow, and both shrink again; live, with the reasons.

    demo/demo.py [--keep] [--verbose]

Boots the guest of tests/guest under QEMU emulation, with libvirt embedded in the real hostd: no libvirtd, nothing of
the system's own is touched, and nothing is left behind, also after Ctrl-C. Exit status 0: everything happened.
"""
import argparse
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests/guest")]

from lab import paths  # noqa: E402
from lab.guest import Guest, Timeout  # noqa: E402
from lab.hostd import Hostd  # noqa: E402
from lab.hypervisor import Embedded  # noqa: E402
from lab.processes import Run  # noqa: E402
from story import Story  # noqa: E402
from timeline import Timeline  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and disk afterwards")
    parser.add_argument("--verbose", action="store_true", help="show hostd's and the agent's logs at the end")
    return parser.parse_args()


ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupted(*_):
    for number in ENDS:  # A second one would interrupt the cleaning up.
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def tell(run, timeline):
    timeline.heading("a guest with 1 vCPU and 768 MiB starts; it may have 3 vCPUs and 1536 MiB")
    hypervisor = Embedded(run)
    guest = Guest(run, memory_min=768)
    hostd = Hostd(run, hypervisor, start=guest.xml_path, stabilisation="5s", step_down=2)
    story = Story(run, hostd, guest, timeline)
    try:
        story.boot()
        story.cpu()
        story.memory()
        story.conclude()
    finally:
        story.end()
    timeline.say("clean", "hostd stops, the guest goes with its disk")
    status = hostd.stop()
    if status != 0:
        story.missing.append(f"hostd ended with {status}")
    return story.missing


def main():
    options = arguments()
    for number in ENDS:
        signal.signal(number, interrupted)
    for program in ("dynascale-agent", "dynascale-hostd"):
        if not (paths.PROGRAMS / program).exists():
            sys.exit(f"demo: {paths.PROGRAMS / program} is missing; run `make demo`, which builds it")
    timeline = Timeline()
    with Run(keep=options.keep) as run:
        try:
            missing = tell(run, timeline)
        except KeyboardInterrupt:
            timeline.say("stopped", "cleaning up")
            return 130
        except (Timeout, RuntimeError) as error:
            missing = [str(error)]
        if options.verbose or missing:
            print(f"\n---- hostd's log (its end)\n{run.log('hostd')[-6000:]}")
        if options.keep:
            print(f"kept: {run.folder}")
    for what in missing:
        timeline.say("FAILED", what)
    if not missing:
        timeline.heading("everything happened")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
