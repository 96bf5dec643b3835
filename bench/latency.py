#!/usr/bin/env python3
"""How long each link takes from load to a re-tuned gunicorn, beside the floor: the same plug and the same signals by
hand, on the same guest under the same load, in one run.

    bench/latency.py [--rounds 3]

gunicorn's configuration check before the first worker is switched off on dynascale's side, since the floor has none.
The floor's times are seen by polling from outside and so a little too long.
"""
import argparse
import signal
import statistics
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/guest"),
                str(Path(__file__).resolve().parents[1] / "tests/e2e")]

from case_hostd import LibvirtdCase  # noqa: E402
from lab.guest import wait_until  # noqa: E402
from lab.hostd import last_number  # noqa: E402
from lab.processes import Run  # noqa: E402

AGENT = "[gunicorn]\ncheck_config = false\n"


class Case(LibvirtdCase):
    guest_options = {"files": {"/etc/dynascale/agent.toml": AGENT.encode()}, "vcpus_policy_max": 2}


def calm():
    Case.guest.do("calm")
    Case.guest.wait_for("one vCPU and three workers", lambda seen: len(seen["cpus_online"]) == 1
                        and len(seen["gunicorn_workers"]) == 3, seconds=400)


def dynascale():
    """Seconds: load to seen, seen to decided, to plugged, to online, to gunicorn re-tuned."""
    number = last_number(Case.hostd.explain(Case.guest.name))
    began = time.time() * 1000
    Case.guest.do("burn", processes=4)

    def finished():
        for resize in Case.hostd.explain(Case.guest.name)["resizes"]:
            workers = [entry for entry in resize["retuned"] if entry["application"].startswith("gunicorn")]
            if resize["number"] > number and workers:
                return resize, workers[0]
        return None
    resize, workers = wait_until("gunicorn is re-tuned", finished, pause=0.05)
    reached = {step["link"]: step["at_ms"] for step in reversed(resize["steps"]) if step["state"] == "reached"}
    moments = [began, resize["signalled_ms"], resize["started_ms"], reached["hypervisor"], reached["guest_online"],
               workers["at_ms"]]
    return [(after - before) / 1000 for before, after in zip(moments, moments[1:])]


def floor():
    """Seconds: plug to online, two signals to two more workers."""
    plugged = len(Case.guest.state()["cpus_present"])
    Case.guest.do("burn", processes=4)
    began = time.monotonic()
    Case.hypervisor.virsh("setvcpus", Case.guest.name, str(plugged + 1), "--live")
    Case.guest.wait_for("online", lambda seen: plugged in seen["cpus_online"], pause=0.01)
    online = time.monotonic()
    for more in (1, 2):
        Case.guest.do("signal", unit="gunicorn", number=int(signal.SIGTTIN))
        Case.guest.wait_for("one worker more", lambda seen, more=more: len(seen["gunicorn_workers"]) == 3 + more,
                            pause=0.01)
    return [online - began, time.monotonic() - online]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with Run() as run:
        Case.run_ = run
        Case.prepare()
        mine, by_hand = [], []
        for _ in range(rounds):
            mine.append(dynascale())
            calm()
        Case.hostd.hold(Case.guest.name)
        by_hand.append(floor())
    names = ("load to seen", "seen to decided", "decided to plugged", "plugged to online", "online to retuned")
    for name, times in zip(names, zip(*mine)):
        print(f"{name:<22}{statistics.median(times):8.3f} s median of {rounds}")
    after = statistics.median(sum(times[1:]) for times in mine)
    least = sum(by_hand[0])
    print(f"{'seen to retuned':<22}{after:8.3f} s")
    print(f"{'floor by hand':<22}{least:8.3f} s (plug and online {by_hand[0][0]:.3f}, two signals {by_hand[0][1]:.3f})")
    print(f"{'ratio':<22}{after / least:8.2f}   goal 1.25 at most; detection goal: under 1 s")


if __name__ == "__main__":
    main()
