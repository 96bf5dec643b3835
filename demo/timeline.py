"""Prints what happens as it happens, and the table at the end."""
import sys
import threading
import time

MIB = 1 << 20


def mib(count):
    return f"{count / MIB:.0f} MiB"


def size(value):
    return f"{value['vcpus']} vCPU{'' if value['vcpus'] == 1 else 's'}, {mib(value['memory_bytes'])}"


def settings(values):
    """Counts as they are, byte sizes in MiB."""
    shown = []
    for name, value in sorted(values.items()):
        shown.append(f"{name} {mib(value)}" if isinstance(value, int) and value >= MIB else f"{name} {value}")
    return ", ".join(shown)


def changes(before, after):
    """Only the settings that differ."""
    names = [name for name in after if before.get(name) != after[name]]
    if not names:
        return "nothing to change"
    old = {name: before[name] for name in names if name in before}
    return f"{settings(old) or 'unset'} → {settings({name: after[name] for name in names})}"


class Timeline:
    """One line an event: seconds since the start, who, what."""

    def __init__(self, out=sys.stdout):
        self.began = time.monotonic()
        self.out, self.lock = out, threading.Lock()
        self.color = out.isatty()

    def say(self, who, text):
        paint = {"decision": "33", "plugged": "36", "online": "36", "retuned": "32", "load": "35", "FAILED": "31"}
        label = f"{who:<10}"
        if self.color and who in paint:
            label = f"\033[{paint[who]}m{label}\033[0m"
        with self.lock:
            self.out.write(f"{time.monotonic() - self.began:7.1f} s  {label} {text}\n")
            self.out.flush()

    def heading(self, text):
        with self.lock:
            self.out.write(f"\n== {text}\n")
            self.out.flush()

    def table(self, header, rows):
        widths = [max(len(str(row[column])) for row in [header, *rows]) for column in range(len(header))]
        with self.lock:
            self.out.write("\n")
            for row in [header, ["-" * width for width in widths], *rows]:
                cells = [str(cell).ljust(width) if at == 0 else str(cell).rjust(width)
                         for at, (cell, width) in enumerate(zip(row, widths))]
                self.out.write("  " + "  ".join(cells).rstrip() + "\n")
            self.out.flush()
