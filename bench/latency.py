#!/usr/bin/env python3
"""How long each link takes from load to a re-tuned gunicorn, beside the floor: the same plug, a write to `online` and
the same signals by hand, under the same load, in one run. The floor's helper waits in the guest at the priority of
the agent.

    bench/latency.py [--rounds N]

Each round has a guest of its own, freshly booted: with one vCPU it gets a second. gunicorn's configuration check
before the first worker is switched off on dynascale's side, since the floor has none.
"""
import argparse
import json
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/guest"),
                str(Path(__file__).resolve().parents[1] / "tests/e2e")]

from case_hostd import LibvirtdCase  # noqa: E402
from lab.guest import CALM, wait_until  # noqa: E402
from lab.hostd import last_number  # noqa: E402
from lab.processes import Run  # noqa: E402

AGENT = "[gunicorn]\ncheck_config = false\n"
POLICY = "<policy><vcpus min='{least}' max='{most}'/><memory unit='MiB' min='1024' max='1024'/></policy>"
MORE_WORKERS = 2  # For one vCPU more.


class Case(LibvirtdCase):
    guest_options = {"files": {"/etc/dynascale/agent.toml": AGENT.encode()}, "vcpus_policy_max": 1, "memory": 1024,
                     "memory_min": 1024, "memory_max": 1024}


def limit(least, most):
    text = POLICY.format(least=least, most=most)
    done = Case.hypervisor.virsh("metadata", Case.guest.name, "urn:dynascale:policy:1", "--key", "dynascale", "--live",
                                 "--set", text)
    assert done.returncode == 0, done.stderr
    Case.wait("hostd knows the limits", lambda seen: seen["max"]["vcpus"] == most and seen["min"]["vcpus"] == least)


def calm(vcpus):
    """No load, `vcpus` online and their workers: where every round starts."""
    Case.guest.do("calm")
    workers = 1 + MORE_WORKERS * vcpus
    Case.guest.wait_for(f"{vcpus} vCPUs, {workers} workers, no pressure",
                        lambda seen: len(seen["cpus_online"]) == vcpus and len(seen["gunicorn_workers"]) == workers
                        and float(seen["pressure"]["cpu"].split("avg10=")[1].split()[0]) < 5, seconds=400, pause=CALM)


def load(vcpus):
    """Held until `go`, so that it begins all at once."""
    Case.guest.do("burn", processes=vcpus + 3, hold=1)


class Growth:
    """The guest's own view: when the vCPU beside `vcpus` is online and gunicorn has its workers."""

    def __init__(self, vcpus, **how):
        self.query = {"cpu": vcpus, "workers": 1 + MORE_WORKERS * (vcpus + 1), **how}
        self.waiting = threading.Thread(target=self._wait)
        self.waiting.start()

    def _wait(self):
        self.seconds = json.loads(Case.guest.do("growth", **self.query))
        self.ended = time.time()

    def result(self, began):
        """Seconds: plugged and present, online, workers."""
        self.waiting.join()
        return [self.ended - began - sum(self.seconds), *self.seconds]


def dynascale(vcpus):
    """Seconds: load to seen, seen to decided, decided to verified; and what Growth says since seen."""
    calm(vcpus)
    number = last_number(Case.hostd.explain(Case.guest.name))
    load(vcpus)
    growth = Growth(vcpus)
    time.sleep(5)  # Starting is load, too.
    limit(vcpus, vcpus + 1)
    began = time.time()
    Case.guest.do("go")

    def finished():
        for resize in Case.hostd.explain(Case.guest.name)["resizes"]:
            workers = [entry for entry in resize["retuned"] if entry["application"].startswith("gunicorn")]
            if resize["number"] > number and workers:
                return resize, workers[0]
        return None
    resize, workers = wait_until("gunicorn is re-tuned", finished)
    limit(vcpus + 1, vcpus + 1)
    moments = [began, resize["signalled_ms"] / 1000, resize["started_ms"] / 1000, workers["at_ms"] / 1000]
    return [after - before for before, after in zip(moments, moments[1:])], growth.result(moments[1])


def by_hand(vcpus):
    """What Growth says since the plug."""
    calm(vcpus)
    Case.hostd.hold(Case.guest.name)
    Case.guest.do("unit", verb="stop", unit="dynascale-agent")
    Case.guest.wait_for("no agent", lambda seen: seen["agent"] is None)
    load(vcpus)
    growth = Growth(vcpus, by="hand")
    Case.guest.do("go")
    time.sleep(2)
    began = time.time()
    done = Case.hypervisor.virsh("setvcpus", Case.guest.name, str(vcpus + 1), "--live")
    assert done.returncode == 0, done.stderr
    result = growth.result(began)
    Case.guest.do("calm")
    Case.guest.do("unit", verb="start", unit="dynascale-agent")
    limit(vcpus + 1, vcpus + 1)
    Case.hostd.hold(Case.guest.name, paused=False)
    Case.wait("the agent is back", lambda seen: seen["agent"]["connected"])
    return result


def row(name, rounds):
    values = [statistics.median(column) for column in zip(*rounds)]
    print(f"{name:<12}" + "".join(f"{value:12.3f}" for value in [*values, sum(values)]))
    return sum(values)


def one_round(who):
    with Run() as run:
        Case.run_ = run
        try:
            Case.prepare()
            result = who(1)
        except BaseException:
            Case.show_logs()
            raise
    print(f"{who.__name__:<12}{result}", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of each kind (3)")
    rounds = parser.parse_args().rounds
    both = [(one_round(dynascale), one_round(by_hand)) for _ in range(rounds)]
    detected, followed = [links for (links, _), _ in both], [growth for (_, growth), _ in both]
    floor = [growth for _, growth in both]
    seen, decided, verified = (statistics.median(column) for column in zip(*detected))
    print(f"\nSeconds, medians of {rounds} rounds each.")
    print(f"load to seen {seen:.3f} (goal: under 1), seen to decided {decided:.3f}, decided to verified {verified:.3f}")
    print(f"{'since seen':<12}{'plugged':>12}{'online':>12}{'workers':>12}{'in all':>12}")
    ratio = row("dynascale", followed) / row("by hand", floor)
    print(f"ratio {ratio:.2f} (goal: 1.25 at most)")


if __name__ == "__main__":
    main()
