"""A guest whose boot memory is all in use gets more through virtio-mem, and gives it back."""
import unittest

from case_hostd import LibvirtdCase
from lab.guest import CALM

MIB = 1 << 20


class VirtioMem(LibvirtdCase):
    guest_options = {"vcpus_policy_max": 1, "memory": 768, "memory_max": 768, "memory_min": 768, "virtio_mem": 512}
    adapters = {"gunicorn", "postgresql", "mariadb"}

    def current(self):
        """What libvirt says that the device holds, in bytes."""
        xml = self.hypervisor.virsh("dumpxml", self.guest.name).stdout
        return int(xml.partition("<current unit='KiB'>")[2].partition("<")[0] or 0) << 10

    def test_need_plugs_the_device_and_calm_unplugs_it(self):
        self.assertEqual(self.current(), 0)
        had = self.guest.state()
        self.guest.do("hog", mib=had["memory_available_bytes"] // MIB - 60)
        grown = self.guest.wait_for("the guest's kernel has more memory", lambda seen:
                                    seen["memory_total_bytes"] >= had["memory_total_bytes"] + 96 * MIB, seconds=300)
        self.wait("hostd counts it", lambda seen: seen["size"]["memory_bytes"] >= (768 + 128) * MIB)
        self.assertGreaterEqual(self.current(), 128 * MIB)
        self.guest.do("calm")
        self.wait("hostd takes it back", lambda seen: seen["size"]["memory_bytes"] <= 800 * MIB
                  and not seen["resize"].startswith("shrinking"), seconds=400, pause=CALM)
        self.assertLessEqual(self.current(), 32 * MIB)
        after = self.guest.state()
        self.assertLess(after["memory_total_bytes"], grown["memory_total_bytes"])
        self.assert_within_limits(after)


if __name__ == "__main__":
    unittest.main(verbosity=2)
