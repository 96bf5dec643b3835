"""Where things are. DYNASCALE_BUILD names another build folder than build/ beside the sources."""
import os
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("DYNASCALE_BUILD", SOURCE / "build")).resolve()
PROGRAMS = BUILD / "bin"
IMAGE = Path(os.environ.get("DYNASCALE_GUEST", BUILD / "guest")).resolve() / "current"
PAYLOAD = SOURCE / "tests/guest/payload"
UNITS = SOURCE / "systemd"
