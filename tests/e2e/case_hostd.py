"""A guest with the agent, under a real hostd."""
from case import Guest, GuestCase
from lab.databases import databases
from lab.hostd import Hostd, last_number
from lab.hypervisor import Embedded, Libvirtd

MIB = 1 << 20


class EmbeddedCase(GuestCase):
    """hostd holds libvirt's driver inside itself and starts the guest; no libvirtd anywhere."""

    guest_options = {}
    adapters = {"gunicorn"}
    timing = {}

    @classmethod
    def prepare(cls):
        cls.hypervisor = Embedded(cls.run_)
        cls.guest = Guest(cls.run_, **cls.guest_options)
        cls.hostd = Hostd(cls.run_, cls.hypervisor, start=cls.guest.xml_path, **cls.timing)
        cls.boot()

    @classmethod
    def boot(cls):
        """Booting is load too: hostd is held until the guest is calm, so that each test starts from the same size."""
        cls.hostd.wait_for(cls.guest.name, "hostd knows the guest", lambda _: True)
        cls.hostd.hold(cls.guest.name)
        cls.first = cls.guest.wait_booted(alive=cls.hostd.check)
        cls.wait("the agent reports its applications",
                 lambda seen: seen["agent"]["connected"]
                 and cls.adapters <= {application["adapter"] for application in seen["applications"]})
        cls.wait("the guest is calm", lambda seen: seen["load"].get("cpu_pressure_percent", 100) < 5)
        cls.hostd.hold(cls.guest.name, paused=False)

    @classmethod
    def wait(cls, what, condition, **options):
        """Waits for what hostd says of the guest."""
        return cls.hostd.wait_for(cls.guest.name, what, condition, **options)

    def explain(self):
        return self.hostd.explain(self.guest.name)

    def last_number(self):
        return last_number(self.explain())

    def databases(self):
        """What both servers say themselves, in bytes."""
        return databases(self.guest)

    def assert_within_limits(self, state):
        """No guest under its minimum, whatever happened."""
        self.assertGreaterEqual(len(state["cpus_online"]), 1)
        least = self.guest.spec.memory_min << 20
        size = self.explain()["size"]["memory_bytes"]
        self.assertGreaterEqual(size, least)


METADATA = "<policy><vcpus min='1' max='{vcpus}'/><memory unit='MiB' min='{least}' max='{most}'/></policy>"
AT_REST = ("idle", "waiting for applications to follow")


class LibvirtdCase(EmbeddedCase):
    """The same over a private libvirtd, where the guest is created by someone else."""

    @classmethod
    def prepare(cls):
        cls.hypervisor = Libvirtd(cls.run_)
        cls.guest = Guest(cls.run_, **cls.guest_options)
        created = cls.hypervisor.virsh("create", cls.guest.xml_path)
        if created.returncode:
            raise RuntimeError(created.stderr)
        cls.hostd = Hostd(cls.run_, cls.hypervisor, **cls.timing)
        cls.boot()


    def set_most(self, mib):
        """The operator changes the guest's maximum of memory while it runs."""
        spec = self.guest.spec
        done = self.hypervisor.virsh("metadata", self.guest.name, "urn:dynascale:policy:1", "--key", "dynascale",
                                     "--live", "--set",
                                     METADATA.format(vcpus=spec.vcpus_policy_max, least=spec.memory_min, most=mib))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait(f"hostd knows the maximum of {mib} MiB", lambda seen: seen["max"]["memory_bytes"] == mib * MIB)

    def held(self):
        """What the guest's kernel and processes hold, in MiB."""
        return (self.explain()["size"]["memory_bytes"] - self.guest.state()["memory_available_bytes"]) // MIB

    def at_rest(self):
        self.wait("no resize is under way", lambda seen: seen["resize"] in AT_REST)


__all__ = ["EmbeddedCase", "LibvirtdCase"]
