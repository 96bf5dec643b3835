"""The initramfs of one run: the image's base and, appended to it, the payload that init lays over the root disk."""
import os
import subprocess
from pathlib import Path

from . import paths

ENABLED = ("gunicorn.service", "guest-probe.service")


class Archive:
    """A cpio archive in the kernel's newc format; everything in it belongs to root."""

    def __init__(self):
        self.data = bytearray()
        self.folders = set()
        self.count = 0

    def entry(self, name, mode, body=b""):
        self.count += 1
        fields = (self.count, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(name) + 1, 0)
        self.data += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self.data += bytes(-len(self.data) % 4) + body
        self.data += bytes(-len(self.data) % 4)

    def folder(self, name):
        if name and name not in self.folders:
            self.folder(os.path.dirname(name))
            self.folders.add(name)
            self.entry(name, 0o040755)

    def file(self, name, body, mode=0o644):
        self.folder(os.path.dirname(name))
        self.entry(name, 0o100000 | mode, body)

    def link(self, name, target):
        self.folder(os.path.dirname(name))
        self.entry(name, 0o120777, target.encode())

    def finish(self):
        self.entry("TRAILER!!!", 0)
        return bytes(self.data)


def stripped(program, folder):
    """The program without debug information: it has to travel through an emulated machine's memory."""
    small = folder / (program.name + ".stripped")
    subprocess.run(["strip", "-o", str(small), str(program)], check=True)
    body = small.read_bytes()
    small.unlink()
    return body


def enable(archive, unit):
    archive.link("payload/etc/systemd/system/multi-user.target.wants/" + unit, "/etc/systemd/system/" + unit)


def write_initrd(target, agent=None, files=None):
    """Writes the initramfs to `target`. `agent` is the agent's program, or nothing for a guest without one;
    `files` maps more guest paths to their bytes. File modes: programs 755, the rest 644."""
    archive = Archive()
    for path in sorted(paths.PAYLOAD.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            archive.file("payload/" + str(path.relative_to(paths.PAYLOAD)), path.read_bytes())
    for unit in ENABLED:
        enable(archive, unit)
    if agent:
        archive.file("payload/usr/bin/dynascale-agent", stripped(agent, target.parent), 0o755)
        for unit in ("dynascale-agent.service",):
            archive.file("payload/etc/systemd/system/" + unit, (paths.UNITS / unit).read_bytes())
            enable(archive, unit)
        archive.file("payload/etc/udev/rules.d/60-dynascale.rules", (paths.UNITS / "60-dynascale.rules").read_bytes())
    for name, body in (files or {}).items():
        archive.file("payload/" + name.lstrip("/"), body)
    base = (paths.IMAGE / "initrd.base").read_bytes()
    Path(target).write_bytes(base + bytes(-len(base) % 4) + archive.finish())
