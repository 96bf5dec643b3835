"""Memory need ends in a larger guest and larger databases; its end in smaller databases first, a smaller guest after.
Over a libvirtd of its own; vCPUs stay out of it."""
import unittest

from case_hostd import AT_REST, LibvirtdCase
from lab.guest import CALM, wait_until
from lab.hostd import ended

MIB = 1 << 20


class Memory(LibvirtdCase):
    guest_options = {"vcpus_policy_max": 1}
    adapters = {"gunicorn", "postgresql", "mariadb"}
    timing = {"ask_deadline": "45s"}

    def test_1_need_brings_memory_and_larger_databases(self):
        first = self.databases()
        number = type(self).before_need = self.last_number()
        had = self.guest.state()["memory_total_bytes"]
        grown = wait_until("both databases use more", lambda: self.hog_until_larger(first), seconds=400, pause=CALM)
        self.assertGreater(self.guest.state()["memory_total_bytes"], had)
        type(self).large = grown
        self.wait("growing is complete", lambda seen: any(
            resize["ending"] == "complete" and resize["target"]["memory_bytes"] > resize["from"]["memory_bytes"]
            for resize in ended(seen, number)))

    def hog_until_larger(self, first):
        """Takes memory again and again, until the databases have a larger share."""
        if self.explain()["size"]["memory_bytes"] < 1152 * MIB:
            self.guest.fill_memory()
        now = self.databases()
        return now if all(now[name] > first[name] for name in first) else None

    def test_2_a_guest_that_cannot_give_refuses_and_stays_as_it_is(self):
        """The operator lowers the maximum below what the guest's processes hold."""
        self.hostd.hold(self.guest.name)  # Nothing else is to change meanwhile.
        self.wait("the databases have followed", lambda seen: seen["resize"] == "idle")
        size, number = self.explain()["size"]["memory_bytes"], self.last_number()
        most, before = self.held() // 32 * 32 - 32, self.databases()
        self.set_most(most)
        self.hostd.hold(self.guest.name, paused=False)
        seen = self.wait("the guest refuses", lambda seen: self.refusals(seen, number), seconds=300)
        self.hostd.hold(self.guest.name)  # It would ask for less next.
        refused = self.refusals(seen, number)[0]
        self.assertEqual((refused["broken_link"], refused["reached"]), ("guest_ready", refused["from"]))
        self.assertTrue(refused["ending_reason"])
        after = self.explain()
        self.assertEqual(after["size"]["memory_bytes"], size)
        self.assertGreater(after["floors"]["memory_bytes"]["at_least"], most * MIB)
        wait_until("the databases are as before", lambda: self.databases() == before, pause=1)
        self.set_most(self.guest.spec.memory_max)
        self.hostd.hold(self.guest.name, paused=False)

    @staticmethod
    def refusals(seen, number):
        return [resize for resize in ended(seen, number) if resize["ending"] == "refused"]

    def test_3_calm_shrinks_the_databases_first_and_the_guest_after(self):
        self.guest.do("calm")
        least = self.guest.spec.memory << 20
        seen = self.wait("memory is given back", lambda seen: seen["size"]["memory_bytes"] <= least
                         and seen["resize"] in AT_REST, seconds=400, pause=CALM)
        shrunk = [resize for resize in ended(seen, self.before_need) if self.takes_memory(resize)]
        self.assertTrue([resize for resize in shrunk if self.check_order(resize)], "no application made room")
        small = self.databases()
        for name, value in self.large.items():
            self.assertLess(small[name], value)
        self.assert_within_limits(self.guest.state())

    @staticmethod
    def takes_memory(resize):
        return resize["ending"] == "complete" and resize["reached"]["memory_bytes"] < resize["from"]["memory_bytes"]

    def check_order(self, resize):
        """Consent comes before the hypervisor's part, and what applications did for it before consent. Returns what
        they did."""
        reached = {step["link"]: step["after_start_ms"] for step in reversed(resize["steps"])
                   if step["state"] == "reached"}
        self.assertLess(reached["guest_ready"], reached["hypervisor"])
        retuned = [entry for entry in resize["retuned"] if entry["after_start_ms"] <= reached["hypervisor"]]
        for entry in retuned:
            self.assertEqual(entry["result"], "verified", entry)
            self.assertLessEqual(entry["after_start_ms"], reached["guest_ready"], resize["retuned"])
        return retuned


if __name__ == "__main__":
    unittest.main(verbosity=2)
