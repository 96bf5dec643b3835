"""What may break breaks in the middle of a resize; each time the end is a consistent, explained state, and no guest is
under its minimum."""
import os
import signal
import unittest
from pathlib import Path

from case_hostd import LibvirtdCase
from lab.guest import CALM, wait_until
from lab.hostd import ended

MIB = 1 << 20
HELD_MIB = 900  # Above the guest's minimum, below its maximum.
BUSY = 3  # Processes that burn: as many as there may be vCPUs.


class Faults(LibvirtdCase):
    guest_options = {"memory_min": 768}  # Less memory allows fewer workers; here vCPUs alone decide.
    timing = {"step_down": 2, "stabilisation": "5s"}

    def setUp(self):
        """Every test starts from the small, calm guest."""
        self.guest.do("calm")
        self.guest.wait_for("one vCPU and three workers", lambda seen: len(seen["cpus_online"]) == 1
                            and len(seen["gunicorn_workers"]) == 3, seconds=400, pause=CALM)
        self.at_rest()
        self.number = self.last_number()

    def middle_of_growth(self):
        """Returns as soon as a resize was begun."""
        self.guest.do("burn", processes=BUSY)
        self.wait("a resize begins", lambda seen: self.begun(seen), pause=0.05)

    def begun(self, seen):
        return [resize for resize in seen["resizes"] if resize["number"] > self.number]

    def middle_of_shrink(self):
        """The operator lowers the maximum below what a process holds, so that the guest tries for a while."""
        while self.held() < HELD_MIB - 40:  # In portions that fit; hostd makes room for the next.
            self.guest.fill_memory()
            self.at_rest()
        self.number = self.last_number()
        self.set_most(self.held() // 32 * 32 - 32)
        self.addCleanup(self.set_most, self.guest.spec.memory_max)
        self.wait("the guest is asked", lambda seen: seen["resize"].startswith("asking"), seconds=60, pause=0.05)

    def grown(self):
        """The load is met: more vCPUs, the workers that belong to them, no resize left open."""
        state = self.guest.wait_for(
            "vCPUs and workers fit each other", lambda seen: len(seen["cpus_online"]) >= 2
            and len(seen["gunicorn_workers"]) == 2 * len(seen["cpus_online"]) + 1, seconds=400, pause=1)
        self.assert_within_limits(state)
        return state

    def settled(self):
        """All resizes have ended, each with a reason."""
        seen = self.wait("every resize has ended", lambda seen: all("ending" in resize for resize in seen["resizes"]),
                         seconds=300, pause=1)
        for resize in seen["resizes"]:
            self.assertTrue(resize["ending_reason"], resize)
        return seen

    def test_1_hostd_killed_while_growing(self):
        self.middle_of_growth()
        self.hostd.kill()
        self.hostd.start(create=False)
        self.wait("the agent is connected again", lambda seen: seen["agent"]["connected"])
        self.number = 0
        self.grown()
        self.settled()

    def test_2_agent_killed_while_making_room(self):
        self.middle_of_shrink()
        old = self.guest.state()["agent"]
        self.guest.do("signal", unit="dynascale-agent", number=int(signal.SIGKILL))
        self.guest.wait_for("systemd has started the agent anew", lambda seen: seen["agent"] not in (None, old))
        self.wait("the agent is connected again", lambda seen: seen["agent"]["connected"])
        self.settled()
        self.assert_within_limits(self.guest.state())

    def test_3_worker_killed_while_growing(self):
        master = self.guest.state()["gunicorn_master"]
        self.middle_of_growth()
        self.guest.do("signal", unit="gunicorn", who="child", number=int(signal.SIGKILL))
        self.assertEqual(self.grown()["gunicorn_master"], master)
        self.settled()

    def test_4_libvirtd_killed_while_growing(self):
        boot = self.guest.state()["boot_id"]
        self.middle_of_growth()
        self.hypervisor.restart(signal.SIGKILL)
        self.assertEqual(self.grown()["boot_id"], boot)
        wait_until("hostd has no complaint about libvirt", lambda: not self.hostd.status().get("hypervisor_error"))
        self.settled()

    def test_5_guest_hangs_while_making_room(self):
        self.middle_of_shrink()
        qemu = self.qemu()
        os.kill(qemu, signal.SIGSTOP)
        try:
            stopped = self.wait("the resize is given up", lambda seen: seen["resize"] == "idle", seconds=300, pause=1)
            self.assertGreaterEqual(stopped["size"]["memory_bytes"], self.guest.spec.memory_min * MIB)
            self.assertFalse(stopped["agent"]["connected"] and stopped["agent"]["last_report_age_ms"] < 5000)
        finally:
            os.kill(qemu, signal.SIGCONT)
        self.settled()
        self.assert_within_limits(self.guest.wait_for("the guest answers again", lambda _: True, seconds=300))

    def qemu(self):
        """The process that is the guest."""
        return int(Path(self.hypervisor.folder, "run/qemu", self.guest.name + ".pid").read_text(encoding="ascii"))

    def test_6_guest_reset_while_growing(self):
        boot = self.guest.state()["boot_id"]
        self.middle_of_growth()
        try:
            self.guest.do("reboot", how="reset")
        except OSError:
            pass  # It reset before it could answer.
        self.guest.wait_for("the guest has booted anew", lambda seen: seen["boot_id"] != boot, seconds=400, pause=1)
        self.guest.wait_booted(alive=self.hostd.check)
        self.wait("its new agent is connected", lambda seen: seen["agent"]["connected"], seconds=300)
        seen = self.settled()
        self.assertTrue(any(resize["ending"] in ("gone", "complete") for resize in ended(seen, self.number)))
        self.assert_within_limits(self.guest.state())


if __name__ == "__main__":
    unittest.main(verbosity=2)
