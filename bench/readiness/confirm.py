#!/usr/bin/env python3
"""Confirms dynascale-check's grades with vCPUs that are really plugged: a QEMU guest, its agent and hostd.

usage: confirm.py [--cpus 3] [--settle 4] [PROGRAM...]

Each program is drilled here, on a machine that is simulated, and in the guest with `drill --plug`: started on one vCPU,
seen again when the host has plugged more, after a reload, started anew, and seen when they are parked and after another
reload. The grades must be equal. The guest's image is the tests', with the programs on top: it is built below
build/guest-readiness the first time (apt, 900 MB). Takes half an hour under emulation on a machine at rest; on a busy
one a longer --settle is needed, too.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGE = ROOT / "build/guest-readiness"
os.environ["DYNASCALE_GUEST"] = str(IMAGE)
sys.path[:0] = [str(ROOT / "tests/guest"), str(ROOT / "tests/e2e")]
from lab import paths  # noqa: E402
from lab.guest import Guest, wait_until  # noqa: E402
from lab.hostd import Hostd  # noqa: E402
from lab.hypervisor import Embedded  # noqa: E402
from lab.initrd import stripped  # noqa: E402
from lab.processes import Run  # noqa: E402

PACKAGES = ("nginx-light", "openjdk-17-jre-headless", "haproxy", "redis-server", "memcached", "uwsgi-core")
DRILL = ROOT / "tests/integration/drill"
MEMORY = 1536
# Sized by wishes alone.
POLICY = """<metadata><dynascale:policy xmlns:dynascale='urn:dynascale:policy:1' rules='schedule'>
    <dynascale:vcpus min='1' max='{cpus}'/><dynascale:memory unit='MiB' min='{memory}' max='{memory}'/>
    <dynascale:schedule name='hour' start='0 0 1 1 *' end='0 1 1 1 *' zone='UTC' vcpus_min='1'/>
  </dynascale:policy></metadata>"""
UNIT = """[Service]
ExecStart=/usr/bin/python3 -B /srv/check/confirm_guest.py {arguments}
StandardError=journal
"""
# Nobody but the drill is to change the programs.
ADAPTERS = ("gunicorn", "postgresql", "mariadb", "nginx", "haproxy", "redis", "memcached", "jvm", "uwsgi")
COMMON = re.compile(r"/(libc|libm|libstdc\+\+|libgcc_s|ld-linux[^/]*)\.so")


def libraries(program):
    """What a program needs beside the C and C++ libraries, which every guest has."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"=> (/\S+)", told)
    return {pathlib.Path(path).name: pathlib.Path(path).read_bytes() for path in found if not COMMON.search(path)}


def payload(words):
    files = {"/etc/dynascale/agent.toml": "".join(f"[{name}]\nenabled = false\n" for name in ADAPTERS).encode(),
             "/etc/systemd/system/confirm.service":
                 UNIT.format(arguments=" ".join(words)).encode()}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["javac", "--release", "17", "-d", folder, DRILL / "programs/Pools.java"], check=True)
        for path in (*pathlib.Path(folder).glob("*.class"), DRILL / "servers.py", DRILL / "programs/pools.py",
                     pathlib.Path(__file__).with_name("confirm_guest.py")):
            files[f"/srv/check/{path.name}"] = path.read_bytes()
        for name in ("dynascale-check", "drill_pools"):
            program = paths.PROGRAMS / name
            files[f"/srv/check/{name}"] = stripped(program, pathlib.Path(folder))
            files.update({f"/srv/check/lib/{library}": body for library, body in libraries(program).items()})
    return files


def results(text):
    return {one["name"]: one for one in map(json.loads, re.findall(r"RESULT (\{.*\})", text))}


def simulated(words, files):
    """The same drills outside of the guest, on the same files."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        place.chmod(0o755)
        for name, body in files.items():
            if name.startswith("/srv/check/"):
                target = place / name.removeprefix("/srv/check/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(body)
        done = subprocess.run([sys.executable, "-B", place / "confirm_guest.py", *words], capture_output=True,
                              text=True, check=True)
    return results(done.stdout)


def report(expected, seen):
    wrong = 0
    for name, told in seen.items():
        pair = (("simulated", expected[name]), ("real", told))
        grades = [f"{one['grow']}, {one['shrink']}" if "grow" in one else "failed" for _, one in pair]
        equal = grades[0] == grades[1] != "failed" and told["answers"]
        wrong += not equal
        print(f"{'equal' if equal else 'DIFFERENT':<10} {name:<12} simulated {grades[0]:<18} real {grades[1]}")
        for how, one in pair:
            for figure, values in one.get("metrics", {}).items():
                print(f"    {how:<10} {figure:<32} {values[0]:<8} {values[1]:<8} {' → '.join(values[2:5])}"
                      f"   {' → '.join(values[5:8])}")
            if "error" in one:
                print(f"    {how:<10} {one['error']}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpus", type=int, default=3)
    parser.add_argument("--settle", default="4")
    parser.add_argument("programs", nargs="*")
    arguments = parser.parse_args()
    subprocess.run([ROOT / "tests/guest/build-image.sh", IMAGE, *PACKAGES], check=True)
    words = [f"1:{arguments.cpus}", "real", arguments.settle, *arguments.programs]
    files = payload(words)
    with Run() as run:
        hypervisor = Embedded(run)
        guest = Guest(run, files=files, vcpus_policy_max=arguments.cpus, memory=MEMORY, memory_max=MEMORY,
                      memory_min=MEMORY, policy=POLICY.format(cpus=arguments.cpus, memory=MEMORY))
        # Without pressure the agent sends no urgent wish of its own.
        calm = guest.xml_path.read_text(encoding="utf-8").replace("psi=1", "psi=0")
        guest.xml_path.write_text(calm, encoding="utf-8")
        hostd = Hostd(run, hypervisor, start=guest.xml_path, step_down=2)
        wait_until("guest answers", lambda: guest.journal("guest-probe"), seconds=900, alive=hostd.check)
        for unit in ("gunicorn", "mariadb", "postgresql@15-main"):
            guest.do("unit", verb="stop", unit=unit + ".service")
        wait_until("the agent is connected", lambda: hostd.explain(guest.name)["agent"]["connected"], seconds=900,
                   alive=hostd.check)
        guest.do("unit", verb="start", unit="confirm.service")
        seen = {}
        journal = ""
        while "RESULT end" not in journal:
            hostd.check()
            time.sleep(10)
            journal = guest.journal("confirm")
            for name, one in results(journal).items():
                if name not in seen:
                    print(time.strftime("%H:%M:%S"), json.dumps(one), file=sys.stderr, flush=True)
            seen = results(journal)
    expected = simulated([words[0], "simulated", "2.5", *arguments.programs], files)
    sys.exit(1 if report(expected, seen) else 0)


if __name__ == "__main__":
    main()
