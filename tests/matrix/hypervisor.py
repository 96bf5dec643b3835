"""hostd's use of libvirt with a newer suite's: compiled with its headers, run in its root folder with its libvirtd and
QEMU. The program is built here, so the libraries that the suite lacks go in beside it."""
import os
import shutil
import subprocess
from pathlib import Path

from suites import Unobtainable

PROGRAM = "test_libvirt_newer"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
# The first process of a PID namespace is who buries the dead: a shell does, the test program would not.
ENTER = """set -e
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
mount -t sysfs sysfs "$ROOT/sys"
mount -t tmpfs -o mode=1777 tmp "$ROOT/tmp"
mkdir -p "$ROOT$BUILD"
mount --bind "$BUILD" "$ROOT$BUILD"
set +e
chroot "$ROOT" "$@"
exit $?
"""


def _run(what, *command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unobtainable(f"{what}: {(done.stdout + done.stderr).strip()[-2000:]}")


def _headers(suite, folder):
    """A folder with libvirt's headers alone: the suite's C library is not the one that the program is built for."""
    headers = folder / "libvirt-headers"
    shutil.rmtree(headers, ignore_errors=True)
    headers.mkdir()
    (headers / "libvirt").symlink_to(suite.root / "usr/include/libvirt")
    return headers


def _libraries(suite, program, folder):
    """What the program needs and the suite has not, by file name."""
    kept = folder / "libraries"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        name, _, place = line.strip().partition(" => ")
        if place.startswith("/") and not (suite.root / LIBRARIES / name).exists():
            shutil.copy(place.split(" ")[0], kept / name)
    return kept


def command(suite, build, folder):
    """Builds the program; returns the command and the environment that run it. Raises Unobtainable."""
    headers = _headers(suite, folder)
    _run("cmake", "cmake", f"-DDYNASCALE_NEWER_LIBVIRT={headers}", str(build))
    _run("build", "cmake", "--build", str(build), "--target", PROGRAM, "-j", str(os.cpu_count()))
    _run("guest", str(Path(__file__).parent.parent / "integration/libvirt/tiny-guest.sh"), str(build / "tiny-guest"))
    program = build / "bin" / PROGRAM
    identity = suite.root / "etc/machine-id"
    if not identity.exists():
        identity.write_text(os.urandom(16).hex() + "\n")
    enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh",
             "env", f"LD_LIBRARY_PATH={_libraries(suite, program, folder)}", str(program)]
    return enter, {**os.environ, "ROOT": str(suite.root), "BUILD": str(build)}
