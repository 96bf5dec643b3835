"""Follows one guest through hostd's API and says what is new: decisions with their reasons, links, re-tunings."""
import threading
import time

from timeline import changes, mib, size

WORDS = {"requested": "requested", "hypervisor": "plugged", "guest_ready": "consent", "guest_online": "online"}


class Watcher(threading.Thread):
    def __init__(self, hostd, guest, timeline):
        super().__init__(daemon=True)
        self.hostd, self.guest, self.timeline = hostd, guest, timeline
        self.seen, self.over = set(), threading.Event()
        self.latest = None

    def run(self):
        while not self.over.is_set():
            try:
                self.latest = self.hostd.explain(self.guest.name)
                self.tell(self.latest)
            except (OSError, ValueError):
                pass  # hostd is stopping, or the guest is not there yet: there is nothing to tell.
            time.sleep(0.2)

    def fresh(self, *key):
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def tell(self, explained):
        for decision in explained["decisions"]:
            fresh = self.fresh("decision", decision["first_ms"])  # What a pause held back is not told after it.
            if fresh and decision["target"] != decision["current"] and explained["mode"] != "paused":
                why = decision["summary"]
                self.timeline.say("decision", f"{size(decision['current'])} → {size(decision['target'])}: {why}")
        for resize in explained["resizes"]:
            self.tell_resize(resize)

    def tell_resize(self, resize):
        number = resize["number"]
        for at, step in enumerate(resize["steps"]):
            told = step["state"] == "begun" or step["link"] == "application"  # Applications' own words follow.
            if not told and self.fresh("step", number, at):
                # The decision's line has told why.
                text = step["text"].removesuffix(f": {resize['reason']}")
                self.timeline.say(WORDS[step["link"]], f"{text}  (+{step['after_start_ms']} ms)")
        for at, entry in enumerate(resize["retuned"]):
            if self.fresh("retuned", number, at):
                what = changes(entry["before"], entry["after"])
                problem = f" {entry['error']}" if entry["error"] else ""
                self.timeline.say("retuned", f"{entry['application']}: {what} ({entry['result']}{problem}, "
                                             f"{entry['duration_ms']} ms)")
        if "ending" in resize and self.fresh("ending", number):
            self.timeline.say("resize", f"{number} {resize['ending']}: {size(resize['reached'])} "
                                        f"{resize['ending_reason']}".rstrip())

    def stop(self):
        self.over.set()
        if self.is_alive():  # It starts when the guest has booted; a demo may end before.
            self.join(5)


def memory_line(state):
    return f"guest: {mib(state['memory_total_bytes'])} in all, {mib(state['memory_available_bytes'])} available"
