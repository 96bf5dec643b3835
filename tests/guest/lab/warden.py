"""Waits until the program that started it is gone, then ends what that program left and removes its folder."""
import shutil
import signal
import sys
from pathlib import Path

from .processes import mine, sweep


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    sys.stdin.read()
    if mine(folder):
        sweep(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
