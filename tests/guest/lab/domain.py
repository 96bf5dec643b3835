"""The libvirt domain of a test guest, as XML."""
import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

MIB = 1024  # KiB; the XML below counts in KiB.


@dataclass
class Spec:
    """What a guest looks like. Memory in MiB. `forwards` maps ports of the guest to ports of 127.0.0.1 here."""

    name: str
    folder: Path
    disk: Path
    kernel: Path
    initrd: Path
    forwards: dict = field(default_factory=dict)
    vcpus: int = 1
    vcpus_policy_max: int = 3
    memory_max: int = 1536
    memory: int = 768
    memory_min: int = 512
    virtio_mem: int = 0
    channel: bool = True
    balloon: bool = True
    policy: str = ""

    @property
    def console(self):
        return self.folder / (self.name + ".console")


def virtualization():
    """`kvm` only where the processor says that it can: a /dev/kvm alone may belong to a machine that hangs guests."""
    flags = re.search(r"^flags\s*:.*\b(vmx|svm)\b", Path("/proc/cpuinfo").read_text(encoding="ascii"), re.M)
    return "kvm" if flags and Path("/dev/kvm").exists() else "qemu"


def policy_xml(spec):
    if spec.policy is None:
        return ""
    return spec.policy or f"""<metadata><dynascale:policy xmlns:dynascale='urn:dynascale:policy:1'>
    <dynascale:vcpus min='1' max='{spec.vcpus_policy_max}'/>
    <dynascale:memory unit='MiB' min='{spec.memory_min}' max='{spec.memory_max + spec.virtio_mem}'/>
  </dynascale:policy></metadata>"""


def memory_xml(spec):
    """Boot memory with a balloon; with virtio-mem also a NUMA cell and a maximum, which libvirt asks for."""
    lines = f"<memory>{spec.memory_max * MIB}</memory><currentMemory>{spec.memory * MIB}</currentMemory>"
    if not spec.virtio_mem:
        return lines, "", ""
    total = (spec.memory_max + spec.virtio_mem) * MIB
    device = f"""<memory model='virtio-mem'><target><size>{spec.virtio_mem * MIB}</size><node>0</node>
      <block>2048</block><requested>0</requested></target></memory>"""
    cell = f"<numa><cell id='0' cpus='0-31' memory='{spec.memory_max * MIB}'/></numa>"
    return f"<maxMemory slots='4'>{total}</maxMemory>" + lines, cell, device


def domain_xml(spec):
    """32 possible vCPUs whatever the policy allows: each plug under emulation uses up one of them for ever."""
    memory, cell, device = memory_xml(spec)
    kind = virtualization()
    cpu = f"<cpu mode='host-passthrough'>{cell}</cpu>" if kind == "kvm" else f"<cpu>{cell}</cpu>" if cell else ""
    balloon = "<memballoon model='virtio' freePageReporting='on'><stats period='1'/></memballoon>"
    channel = "<channel type='unix'><target type='virtio' name='org.dynascale.agent.0'/></channel>"
    forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in spec.forwards.items())
    return f"""<domain type='{kind}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{spec.name}</name>
  {policy_xml(spec)}
  {memory}
  <vcpu placement='static' current='{spec.vcpus}'>32</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{spec.kernel}</kernel><initrd>{spec.initrd}</initrd>
    <cmdline>console=ttyS0 net.ifnames=0 quiet panic=-1 mitigations=off systemd.show_status=0 psi=1</cmdline></os>
  <features><acpi/><apic/></features>
  {cpu}
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='unsafe' discard='unmap'/>
      <source file={quoteattr(str(spec.disk))}/><target dev='vda' bus='virtio'/></disk>
    <controller type='usb' model='none'/>
    <controller type='virtio-serial' index='0'/>
    {channel if spec.channel else ""}
    <serial type='file'><source path={quoteattr(str(spec.console))}/><target port='0'/></serial>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    {device}
    {balloon if spec.balloon else "<memballoon model='none'/>"}
  </devices>
  <qemu:commandline>
    <qemu:arg value='-netdev'/><qemu:arg value='user,id=net0,restrict=off{forwards}'/>
    <qemu:arg value='-device'/><qemu:arg value='virtio-net-pci,netdev=net0,bus=pci.0,addr=0x1e,romfile='/>
  </qemu:commandline>
</domain>
"""
