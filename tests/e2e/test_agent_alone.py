"""No hostd anywhere: the agent brings plugged vCPUs online and lets gunicorn follow what the kernel shows, also the
limits of its cgroup, as of a container that is resized in place."""
import unittest

from case import Guest, GuestCase
from lab.hypervisor import Libvirtd


class AgentAlone(GuestCase):
    @classmethod
    def prepare(cls):
        cls.hypervisor = Libvirtd(cls.run_)
        cls.guest = Guest(cls.run_)
        created = cls.hypervisor.virsh("create", cls.guest.xml_path)
        if created.returncode:
            raise RuntimeError(created.stderr)
        cls.first = cls.guest.wait_booted()

    def test_1_plugged_vcpu_comes_online_and_gunicorn_follows(self):
        self.guest.wait_for("the agent runs", lambda seen: seen["agent"])
        plugged = self.hypervisor.virsh("setvcpus", self.guest.name, "2", "--live")
        self.assertEqual(plugged.returncode, 0, plugged.stderr)
        grown = self.guest.wait_for("the vCPU is online", lambda seen: seen["cpus_online"] == [0, 1])
        grown = self.guest.wait_for("gunicorn has five workers", lambda seen: len(seen["gunicorn_workers"]) == 5)
        self.assertEqual(grown["gunicorn_master"], self.first["gunicorn_master"])

    def test_2_limit_of_the_cgroup_comes_and_goes_and_gunicorn_follows(self):
        self.assertEqual(self.guest.state()["cpus_online"], [0, 1])
        self.guest.do("limit", unit="gunicorn.service", property="CPUQuota", value="100%")
        shrunk = self.guest.wait_for("one CPU is worth three workers", lambda seen: len(seen["gunicorn_workers"]) == 3)
        self.assertEqual(shrunk["cpus_online"], [0, 1])
        self.guest.do("limit", unit="gunicorn.service", property="CPUQuota")
        grown = self.guest.wait_for("both CPUs count again", lambda seen: len(seen["gunicorn_workers"]) == 5)
        self.assertEqual(grown["gunicorn_master"], self.first["gunicorn_master"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
