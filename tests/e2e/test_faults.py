"""Faults in the middle of a resize: each ends in a consistent, explained state, and no guest under its minimum. The
guest runs under a real libvirtd, so that it outlives hostd."""
import os
import signal
import unittest

from case_hostd import LibvirtdCase
from lab.guest import CALM, wait_until
from lab.processes import mine


class Faults(LibvirtdCase):
    """The tests run in the order of their names, on one guest."""

    def load_until_resizing(self):
        """Starts load and returns as soon as a new resize has begun."""
        number = self.last_number()
        self.guest.do("burn", processes=4)
        self.wait("a resize begins", lambda seen: any(resize["number"] > number for resize in seen["resizes"]),
                  pause=0.02)

    def calm(self):
        self.guest.do("calm")
        self.guest.wait_for("one vCPU and three workers", lambda seen: len(seen["cpus_online"]) == 1
                            and len(seen["gunicorn_workers"]) == 3, seconds=400, pause=CALM)

    def check_consistent(self):
        """hostd's size is the guest's, within its limits, and gunicorn fits it."""
        def look():
            state, seen = self.guest.state(), self.explain()
            online = len(state["cpus_online"])
            fits = seen["size"]["vcpus"] == online and len(state["gunicorn_workers"]) == 2 * online + 1
            return (state, seen) if fits and seen["agent"]["connected"] else None
        state, seen = wait_until("hostd, guest and gunicorn agree", look, seconds=400, pause=CALM)
        self.assert_within_limits(state)
        self.assertLessEqual(len(state["cpus_online"]), seen["max"]["vcpus"])
        self.assertTrue(seen["decisions"])

    def test_1_hostd_is_killed(self):
        self.load_until_resizing()
        self.hostd.kill()
        before = self.guest.state()
        self.assertGreaterEqual(len(before["cpus_online"]), 1)
        self.hostd.start()
        self.wait("the agent is there again", lambda seen: seen["agent"]["connected"])
        self.check_consistent()
        self.calm()

    def test_2_the_agent_is_killed(self):
        agent = self.guest.state()["agent"]
        self.load_until_resizing()
        self.guest.do("signal", unit="dynascale-agent", number=int(signal.SIGKILL))
        self.guest.wait_for("systemd starts another", lambda seen: seen["agent"] not in (None, agent))
        self.check_consistent()
        self.calm()

    def test_3_a_worker_is_killed(self):
        master = self.guest.state()["gunicorn_master"]
        self.load_until_resizing()
        self.guest.do("signal", unit="gunicorn", who="worker", number=int(signal.SIGKILL))
        self.check_consistent()
        self.assertEqual(self.guest.state()["gunicorn_master"], master)
        self.calm()

    def test_4_libvirtd_is_killed(self):
        self.load_until_resizing()
        self.hypervisor.restart(signal.SIGKILL)
        wait_until("hostd is connected again", lambda: self.hostd.status()["hypervisor_error"] == ""
                   and self.hostd.status()["guests"])
        self.check_consistent()
        self.calm()

    def test_5_the_guest_hangs(self):
        qemu = [pid for pid in mine(self.run_.folder)
                if b"qemu-system" in open(f"/proc/{pid}/cmdline", "rb").read()]
        self.assertEqual(len(qemu), 1)
        self.load_until_resizing()
        os.kill(qemu[0], signal.SIGSTOP)
        try:
            self.wait("the agent counts as silent", lambda seen: not seen["agent"]["connected"])
        finally:
            os.kill(qemu[0], signal.SIGCONT)
        self.check_consistent()
        self.calm()

    def test_6_the_guest_reboots(self):
        boot = self.guest.state()["boot_id"]
        self.load_until_resizing()
        self.guest.do("reboot")
        self.guest.wait_for("another boot", lambda seen: seen["boot_id"] != boot, seconds=400)
        self.guest.wait_booted(alive=self.hostd.check)
        self.check_consistent()


if __name__ == "__main__":
    unittest.main(verbosity=2)
