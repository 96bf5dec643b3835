"""The image and the laboratory themselves, before dynascale enters: a guest boots with its applications, a vCPU and
memory plugged by hand arrive, and a private libvirtd may die without its guests."""
import signal
import unittest

from case import Guest, GuestCase
from lab.databases import MariaDb, PostgreSql
from lab.guest import MARIADB, POSTGRESQL, wait_until
from lab.hypervisor import Libvirtd
from lab.load import HttpLoad

MIB = 1 << 20


class BareGuest(GuestCase):
    @classmethod
    def prepare(cls):
        cls.hypervisor = Libvirtd(cls.run_)
        cls.guest = Guest(cls.run_, agent=False, virtio_mem=512)
        created = cls.hypervisor.virsh("create", cls.guest.xml_path)
        if created.returncode:
            raise RuntimeError(created.stderr)
        cls.first = cls.guest.wait_booted()

    def virsh(self, *arguments):
        done = self.hypervisor.virsh(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_applications_answer(self):
        state = self.guest.state()
        self.assertEqual(state["cpus_online"], [0])
        self.assertEqual(len(state["gunicorn_workers"]), 3)
        with HttpLoad(self.guest.url("/?w=16&h=12"), clients=2) as load:
            wait_until("20 requests are served", lambda: load.served() >= 20)
        self.assertEqual(load.failures(), [])

    def test_databases_show_their_settings(self):
        postgresql = PostgreSql("127.0.0.1", self.guest.ports[POSTGRESQL])
        self.assertEqual(postgresql.query("SELECT setting FROM pg_settings WHERE name = 'shared_buffers'"), [["8192"]])
        mariadb = MariaDb("127.0.0.1", self.guest.ports[MARIADB])
        self.addCleanup(postgresql.close)
        self.addCleanup(mariadb.close)
        self.assertEqual(mariadb.query("SELECT @@innodb_buffer_pool_size"), [[str(64 * MIB)]])

    def test_plugged_vcpu_is_present_but_waits_for_someone_to_bring_it_online(self):
        self.virsh("setvcpus", self.guest.name, "2", "--live")
        state = self.guest.wait_for("a second vCPU is present", lambda seen: seen["cpus_present"] == [0, 1])
        self.assertEqual(state["cpus_online"], [0])

    def test_balloon_gives_and_takes(self):
        before = self.guest.state()["memory_total_bytes"]
        self.virsh("setmem", self.guest.name, "1024M", "--live")
        self.guest.wait_for("256 MiB more", lambda seen: seen["memory_total_bytes"] >= before + 256 * MIB)
        self.virsh("setmem", self.guest.name, "768M", "--live")
        self.guest.wait_for("256 MiB less", lambda seen: seen["memory_total_bytes"] <= before)

    def test_guest_survives_the_death_of_libvirtd(self):
        boot = self.guest.state()["boot_id"]
        self.hypervisor.restart(signal.SIGKILL)
        self.assertIn(self.guest.name, self.virsh("list", "--name"))
        self.assertEqual(self.guest.state()["boot_id"], boot)


if __name__ == "__main__":
    unittest.main(verbosity=2)
