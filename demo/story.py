"""The acts of the demo. Each waits for what has to happen and notes what did not."""
import time

from lab.databases import databases
from lab.guest import CALM, Timeout, wait_until
from lab.hostd import ended, last_number
from lab.load import HttpLoad
from timeline import MIB, mib, settings
from watcher import Watcher, memory_line

FRACTAL = "/?w=24&h=18"  # About a tenth of a second of an emulated CPU.
CLIENTS = 6


class Story:
    def __init__(self, run, hostd, guest, timeline):
        self.run, self.hostd, self.guest, self.timeline = run, hostd, guest, timeline
        self.watcher = Watcher(hostd, guest, timeline)
        self.missing, self.failed = [], []
        self.before = self.after = 0.0
        self.load_began_ms = 0

    def say(self, who, text):
        self.timeline.say(who, text)

    def check(self, fine, what):
        if not fine:
            self.missing.append(what)
            self.say("FAILED", what)

    def boot(self):
        self.say("boot", "Linux, systemd, PostgreSQL, MariaDB, gunicorn, agent; emulated, so this takes a while")
        self.hostd.wait_for(self.guest.name, "hostd knows the guest", lambda _: True)
        self.hostd.hold(self.guest.name)  # Booting is load too; the story begins after it.
        self.guest.wait_booted(alive=self.hostd.check)
        self.hostd.wait_for(self.guest.name, "the agent reports its applications",
                            lambda seen: seen["agent"]["connected"] and len(seen["applications"]) >= 3)
        self.watcher.start()
        for application in self.hostd.explain(self.guest.name)["applications"]:
            self.say("found", f"{application['id']}: {settings(application['settings'])}")
        self.first = self.guest.state()

    def measure(self, load, seconds=4):
        """Requests a second over the next while."""
        begin, since = load.served(), time.monotonic()
        time.sleep(seconds)
        return (load.served() - begin) / (time.monotonic() - since)

    def cpu(self):
        self.timeline.heading("CPU: people want fractals")
        with HttpLoad(self.guest.url(FRACTAL), clients=CLIENTS) as load:
            self.say("load", f"{CLIENTS} clients, while hostd is paused, to see what one vCPU can do")
            time.sleep(1)
            self.before = self.measure(load, seconds=3)  # Longer would raise the pressure that has to fade again.
            self.say("load", f"throughput before: {self.before:.1f} fractals/s")
        self.failed += load.failures()
        self.settle()
        self.number = last_number(self.hostd.explain(self.guest.name))
        self.hostd.hold(self.guest.name, paused=False)
        self.load_began_ms = time.time() * 1000
        with HttpLoad(self.guest.url(FRACTAL), clients=CLIENTS) as load:
            self.say("load", f"{CLIENTS} clients; hostd may act now")
            self.grow(load)
        self.failed += load.failures()
        self.check(not self.failed, f"{len(self.failed)} requests failed: {self.failed[:3]}")
        self.say("load", "ends")
        self.shrink()

    def settle(self):
        """Until the pressure of the first measurement has left the averages that policies look at."""
        self.hostd.wait_for(self.guest.name, "the guest is calm",
                            lambda seen: seen["load"].get("cpu_pressure_percent", 100) < 45, seconds=120)

    def grow(self, load):
        grown = self.guest.wait_for(
            "more vCPUs and more workers under the same master",
            lambda seen: len(seen["cpus_online"]) >= 2 and len(seen["gunicorn_workers"]) >= 5)
        self.hostd.wait_for(self.guest.name, "a finished growth", self.growths)
        self.say("guest", f"{len(grown['cpus_online'])} CPUs online, {len(grown['gunicorn_workers'])} gunicorn "
                          f"workers, master {grown['gunicorn_master']} as before")
        self.check(grown["gunicorn_master"] == self.first["gunicorn_master"], "gunicorn's master changed")
        time.sleep(1)
        self.after = self.measure(load)
        self.say("load", f"throughput after: {self.after:.1f} fractals/s ({self.after / max(self.before, 0.1):.1f} "
                         f"times as many), failed requests: {len(load.failures())}")
        self.check(self.after > self.before, "the throughput did not rise")

    def growths(self, seen):
        """The resizes that gave this load more vCPUs."""
        return [resize for resize in ended(seen, self.number) if resize["reached"]["vcpus"] > resize["from"]["vcpus"]]

    def shrink(self):
        calm = self.guest.wait_for(
            "workers gone, vCPUs parked",
            lambda seen: len(seen["cpus_online"]) == 1 and len(seen["gunicorn_workers"]) == 3, seconds=300, pause=CALM)
        self.say("guest", f"1 CPU online, {len(calm['gunicorn_workers'])} gunicorn workers, "
                          f"master {calm['gunicorn_master']} as before")

    def memory(self):
        self.timeline.heading("Memory: something in the guest wants it")
        first, state = databases(self.guest), self.guest.state()
        self.say("guest", f"{memory_line(state)}; {settings(first)}")
        grown = wait_until("both databases use more", lambda: self.larger(first), seconds=400, pause=CALM)
        self.say("guest", f"{memory_line(self.guest.state())}; {settings(grown)}")
        self.guest.do("calm")
        self.say("load", "the processes end")
        most = self.guest.state()["memory_total_bytes"]
        lesser = self.guest.wait_for("memory is given back", lambda seen: seen["memory_total_bytes"]
                                     <= most - 64 * MIB, seconds=300, pause=CALM)
        last = databases(self.guest)
        self.say("guest", f"{memory_line(lesser)}; {settings(last)}")
        self.check(all(last[name] < grown[name] for name in grown), "a database did not become smaller")

    def larger(self, first):
        """Lets processes take memory until both databases have a larger share."""
        size = self.hostd.explain(self.guest.name)["size"]["memory_bytes"]
        taken = self.guest.fill_memory() if size < 1152 * MIB else 0
        if taken:
            self.say("load", f"a process takes {taken} MiB")
        now = databases(self.guest)
        return now if all(now[name] > first[name] for name in first) else None

    def conclude(self):
        """The links of the chain, each from the start of the load."""
        self.timeline.heading("how long each link took, when the CPU load came")
        # The first growth shows the links up to the guest; applications may answer only to the one that came with it.
        growths = self.growths(self.hostd.explain(self.guest.name))
        first, offset = growths[0], growths[0]["started_ms"] - self.load_began_ms
        rows = []
        if "signalled_ms" in first:
            rows.append(("load seen by hostd", first["signalled_ms"] - self.load_began_ms))
        rows.append(("decided", offset))
        names = {"hypervisor": "vCPU plugged", "guest_online": "vCPU online in the guest",
                 "application": "applications retuned"}
        for resize, step in ((resize, step) for resize in growths for step in resize["steps"]):
            if step["state"] == "reached" and step["link"] in names:
                since_load = resize["started_ms"] - self.load_began_ms + step["after_start_ms"]
                rows.append((names.pop(step["link"]), since_load))
        self.check(not names, f"links never reached: {', '.join(names.values())}")
        previous, table = 0.0, []
        for name, moment in rows:
            table.append((name, f"{moment / 1000:.2f} s", f"{(moment - previous) / 1000:.2f} s"))
            previous = moment
        self.timeline.table(("link", "since load", "alone"), table)
        self.timeline.table(("throughput", "fractals/s"),
                            [("before, 1 vCPU", f"{self.before:.1f}"), ("after", f"{self.after:.1f}")])

    def end(self):
        self.watcher.stop()


__all__ = ["Story", "Timeout", "mib"]
