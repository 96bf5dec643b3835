#!/usr/bin/env python3
"""hostd beside what people use today: a shell loop that asks `virsh domstats` every second. The same host, libvirtd and
guests, in turn, in one run: how soon a guest whose load begins has a second vCPU, and what watching costs.

    bench/peer/run.py [--guests N] [--rounds N] [--calm SECONDS] [--json FILE]

The guests have no operating system: a boot sector sleeps until a byte arrives on the serial port, and then spins. So
neither side has an agent in the guest, and both see what libvirt sees; hostd's faster way, urgent frames of its agent,
is in bench/latency.py. A vCPU that was plugged stays (nobody in the guest gives it back), so each round has a guest of
its own. What counts as busy is half of what a spinning guest gets on this machine now, for both sides. Needs QEMU,
libvirtd and virsh; root or not.
"""
import argparse
import json
import os
import random
import socket
import statistics
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/guest")]

from lab import paths  # noqa: E402
from lab.domain import virtualization  # noqa: E402
from lab.guest import wait_until  # noqa: E402
from lab.hypervisor import Libvirtd  # noqa: E402
from lab.processes import Run  # noqa: E402

# sti; sleep: hlt; byte there? no: sleep; read it; 'B'? no: sleep; spin: count 65,536; byte there? no: spin; to sleep.
BOOT = bytes.fromhex("fb f4 bafd03 ec a801 74f7 baf803 ec 3c42 75ef 31c9 e2fe bafd03 ec a801 74f4 baf803 ec ebdd")
MOST = 4
CONFIGURATION = """libvirt_uri = "{uri}"
socket = "{folder}/hostd.sock"
log_level = "warning"
[history]
path = ""
[host]
reserve_cpus = 0
reserve_memory = "64MiB"
vcpus_per_cpu = 32
cpu_stall_percent = 100
vcpu_delay_percent = 100
memory_stall_percent = 100
[defaults]
vcpus_max = {most}
[defaults.pressure]
target_percent = {percent}
saturated_percent = {percent}
steal_limit_percent = 100
[defaults.guard]
shrink_cooldown = "2h"
"""


class Guest:
    def __init__(self, run, hypervisor, number):
        self.name = f"bare{number}"
        disk = run.folder / f"{self.name}.img"
        disk.write_bytes(BOOT.ljust(510, b"\0") + b"\x55\xaa" + b"\0" * 65024)
        self.port = str(run.folder / f"{self.name}.s")
        xml = run.folder / f"{self.name}.xml"
        xml.write_text(f"""<domain type='{virtualization()}'><name>{self.name}</name><memory unit='MiB'>16</memory>
  <vcpu current='1'>{MOST}</vcpu><os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><apic/></features>
  <devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{disk}'/>
    <target dev='hda' bus='ide'/></disk>
    <serial type='unix'><source mode='bind' path='{self.port}'/><target port='0'/></serial>
    <controller type='usb' model='none'/><memballoon model='none'/></devices></domain>""", encoding="ascii")
        created = hypervisor.virsh("create", xml)
        if created.returncode:
            raise RuntimeError(created.stderr)
        self.pid = pid_of(f"guest={self.name},".encode(), str(run.folder).encode())
        self.serial = socket.socket(socket.AF_UNIX)
        self.serial.connect(self.port)

    def spins_at(self):
        """The share of a core that it gets when it spins."""
        self.say(b"B")
        time.sleep(1)
        before = cpu_seconds(self.pid)
        time.sleep(5)
        share = (cpu_seconds(self.pid) - before) / 5
        self.say(b"I")
        return share

    def say(self, byte):
        self.serial.sendall(byte)

    def vcpus(self):
        """Threads of QEMU that run a vCPU: seen without asking libvirt, so that the watching costs neither side."""
        names = [task.joinpath("comm").read_text() for task in Path(f"/proc/{self.pid}/task").iterdir()]
        return sum(name.startswith("CPU ") for name in names)


def pid_of(*marks):
    """Of the process whose command line holds all `marks`."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and all(mark in (entry / "cmdline").read_bytes() for mark in marks):
                return int(entry.name)
        except OSError:
            continue  # It has ended meanwhile.
    raise RuntimeError(f"no process has {marks}")


def cpu_seconds(pid):
    """Of a process and of the children that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Contender:
    def __init__(self, name, run, hypervisor, command):
        self.name, self.run, self.hypervisor, self.command = name, run, hypervisor, command
        self.reactions, self.own, self.libvirtd = [], [], []

    def start(self):
        self.process = self.run.start([*self.hypervisor.enter, *self.command], self.name,
                                      environment=self.hypervisor.environment)
        time.sleep(4)  # Both have seen every guest twice.
        if self.process.poll() is not None:
            raise RuntimeError(self.run.log(self.name)[-2000:])

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def measure_calm(self, seconds):
        daemon = self.hypervisor.daemon.pid
        before = cpu_seconds(self.process.pid), cpu_seconds(daemon)
        time.sleep(seconds)
        self.own.append((cpu_seconds(self.process.pid) - before[0]) / seconds)
        self.libvirtd.append((cpu_seconds(daemon) - before[1]) / seconds)

    def measure_reaction(self, guest):
        time.sleep(random.random())  # The load begins at any time of the second.
        began = time.monotonic()
        guest.say(b"B")
        while guest.vcpus() < 2:
            if time.monotonic() - began > 60:
                raise RuntimeError(f"{self.name} does not react")
            time.sleep(0.005)
        self.reactions.append(time.monotonic() - began)
        guest.say(b"I")


def measure(arguments):
    random.seed(1)
    with Run() as run:
        hypervisor = Libvirtd(run)
        guests = [Guest(run, hypervisor, number) for number in range(max(arguments.guests, 2 * arguments.rounds + 1))]
        time.sleep(10)  # Their firmware has handed over.
        fresh = iter(guests)
        share = next(fresh).spins_at()
        percent = max(5, round(50 * share))
        (run.folder / "hostd.toml").write_text(
            CONFIGURATION.format(uri=hypervisor.uri, folder=run.folder, most=MOST, percent=percent))
        hostd = [paths.PROGRAMS / "dynascale-hostd", "--config", run.folder / "hostd.toml"]
        loop = ["bash", SOURCE / "bench/peer/poll.sh", hypervisor.uri, MOST, percent]
        contenders = [Contender("loop", run, hypervisor, loop), Contender("hostd", run, hypervisor, hostd)]
        for _ in range(arguments.rounds):
            for contender in contenders:
                contender.start()
                contender.measure_calm(arguments.calm)
                contender.measure_reaction(next(fresh))
                contender.stop()
        return contenders, len(guests), share


def figures(contender, guests):
    def per_guest(values):
        return statistics.mean(values) * 1e6 / guests
    return {"reaction_median_s": statistics.median(contender.reactions), "reaction_max_s": max(contender.reactions),
            "own_us_per_guest_and_s": per_guest(contender.own),
            "libvirtd_us_per_guest_and_s": per_guest(contender.libvirtd)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--guests", type=int, default=10, help="at least; two rounds' worth in any case")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calm", type=float, default=10, help="seconds without load whose cost is measured")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    contenders, guests, share = measure(arguments)
    found = {contender.name: figures(contender, guests) for contender in contenders}
    print(f"{guests} guests, {arguments.rounds} rounds, {virtualization()}, load {os.getloadavg()[0]:.1f}, "
          f"a spinning guest gets {share:.0%} of a core")
    for key in found["loop"]:
        loop, hostd = found["loop"][key], found["hostd"][key]
        print(f"{key:<30} loop {loop:>9.3f}  hostd {hostd:>9.3f}  loop/hostd {loop / hostd if hostd else 0:>6.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"guests": guests, **found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
