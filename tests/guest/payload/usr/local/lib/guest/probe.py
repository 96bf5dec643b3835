"""What the tests see of the guest, and the few things they may do to it. Reachable from the test's host only.

GET  /state                       what the kernel says: CPUs, memory, gunicorn, agent
GET  /journal?unit=U              the last lines of a unit's log
GET  /speed                       processor seconds that a fixed piece of work takes here, to compare machines
POST /burn?processes=N[&hold=1]   keeps N CPUs busy, until /calm; held ones begin with /go
POST /hog?mib=N                   holds N MiB of memory, until /calm; answers when it has them
POST /calm                        ends what /burn and /hog began
POST /signal?unit=U&who=main|child&number=N
POST /unit?verb=start|stop|restart&unit=U
POST /limit?unit=U&property=P[&value=V]  sets or unsets a limit of the unit's cgroup, such as CPUQuota
POST /growth?cpu=N&workers=M[&by=hand]  waits until CPU N is present, online, and gunicorn has M workers; answers with
                                  the seconds of the last two. By hand: brings them about itself
POST /reboot?how=clean|reset
"""
import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

PORT = 8001
LOADS = []
BURN = "import sys; sys.stdin.read(1)\nwhile True: pass"
HOG = "import sys,time; held = bytearray(b'x') * (int(sys.argv[1]) << 20); print(flush=True); time.sleep(86400)"


def text(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def cpu_list(name):
    cpus = []
    for part in text("/sys/devices/system/cpu/" + name).strip().split(","):
        if part:
            first, _, last = part.partition("-")
            cpus += range(int(first), int(last or first) + 1)
    return cpus


def processes(unit):
    """The processes of a unit as (main, children): the main one has its parent outside the unit."""
    try:
        pids = [int(line) for line in text("/sys/fs/cgroup/system.slice/%s.service/cgroup.procs" % unit).split()]
    except OSError:
        return None, []
    parents = {}
    for pid in pids:
        try:
            parents[pid] = int(text("/proc/%d/stat" % pid).rpartition(")")[2].split()[1])
        except OSError:
            pass
    mains = [pid for pid in parents if parents[pid] not in parents]
    main = mains[0] if mains else None
    return main, sorted(pid for pid in parents if parents[pid] == main)


def state():
    memory = dict(line.split(":") for line in text("/proc/meminfo").splitlines())
    # CPUs first: who sees fewer CPUs here sees the workers of that moment or later.
    online, present = cpu_list("online"), cpu_list("present")
    main, workers = processes("gunicorn")
    return {
        "boot_id": text("/proc/sys/kernel/random/boot_id").strip(),
        "uptime_s": float(text("/proc/uptime").split()[0]),
        "cpus_online": online,
        "cpus_present": present,
        "memory_total_bytes": int(memory["MemTotal"].split()[0]) * 1024,
        "memory_available_bytes": int(memory["MemAvailable"].split()[0]) * 1024,
        "gunicorn_master": main,
        "gunicorn_workers": workers,
        "agent": processes("dynascale-agent")[0],
        "agent_use": use_of(processes("dynascale-agent")[0]),
        "postgresql": processes("system-postgresql.slice/postgresql@15-main")[0],
        "mariadb": processes("mariadb")[0],
        "pressure": {name: text("/proc/pressure/" + name).split("\n")[0] for name in ("cpu", "memory", "io")},
        "loads": len(LOADS),
    }


def use_of(pid):
    """Proportional set size and processor time of a process since its start."""
    try:
        rollup = dict(line.split(":", 1) for line in text("/proc/%d/smaps_rollup" % pid).splitlines()[1:])
        ticks = text("/proc/%d/stat" % pid).rpartition(")")[2].split()
        return {"pss_bytes": int(rollup["Pss"].split()[0]) * 1024,
                "cpu_s": (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")}
    except (OSError, TypeError, KeyError):
        return None


def speed():
    """What an observer does all day: opening and reading small files of /proc, and splitting them."""
    began = time.process_time()
    for _ in range(300):
        for name in ("/proc/stat", "/proc/meminfo", "/proc/loadavg"):
            text(name).split()
    return time.process_time() - began


def start(code, *arguments):
    load = subprocess.Popen([sys.executable, "-S", "-E", "-c", code, *arguments],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    LOADS.append(load)
    return load


def burn(query):
    for _ in range(int(query["processes"])):
        start(BURN)
    if "hold" not in query:
        go(query)


def go(_):
    for load in LOADS:
        load.stdin.close()


def calm(_):
    while LOADS:
        load = LOADS.pop()
        load.kill()
        load.wait()


def send_signal(query):
    main, children = processes(query["unit"])
    os.kill(main if query.get("who", "main") == "main" else children[0], int(query["number"]))


def limit(query):
    what = "%s=%s" % (query["property"], query.get("value", ""))
    subprocess.run(["systemctl", "set-property", "--runtime", query["unit"], what], check=True)


def until(condition):
    while not condition():
        time.sleep(0.02)  # Looking is load, too.


def growth(query):
    """What was seen when, and with by=hand also the least that anyone has to do for it."""
    online = "/sys/devices/system/cpu/cpu%d/online" % int(query["cpu"])
    by_hand, goal = query.get("by") == "hand", int(query["workers"])
    os.setpriority(os.PRIO_PROCESS, 0, -10)  # Of this thread only: the agent's priority.
    until(lambda: os.path.exists(online))
    moments = [time.monotonic()]
    if by_hand:
        with open(online, "w", encoding="ascii") as switch:
            switch.write("1")
    until(lambda: text(online).strip() == "1")
    moments.append(time.monotonic())
    main, workers = processes("gunicorn")
    while by_hand and len(workers) < goal:
        os.kill(main, signal.SIGTTIN)  # gunicorn heeds one of two signals that come at once.
        before = len(workers)
        until(lambda before=before: len(processes("gunicorn")[1]) > before)
        workers = processes("gunicorn")[1]
    until(lambda: len(processes("gunicorn")[1]) >= goal)
    moments.append(time.monotonic())
    return json.dumps([after - before for before, after in zip(moments, moments[1:])])


def reboot(query):
    if query.get("how") == "reset":
        with open("/proc/sysrq-trigger", "w", encoding="ascii") as trigger:
            trigger.write("b")
    subprocess.run(["systemctl", "reboot", "--no-block"], check=True)


ACTIONS = {
    "/burn": burn,
    "/go": go,
    "/hog": lambda query: start(HOG, query["mib"]).stdout.read(1),
    "/calm": calm,
    "/signal": send_signal,
    "/unit": lambda query: subprocess.run(["systemctl", query["verb"], "--no-block", query["unit"]], check=True),
    "/limit": limit,
    "/growth": growth,
    "/reboot": reboot,
}


class Handler(BaseHTTPRequestHandler):
    def answer(self, code, body):
        data = body.encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        address = urlsplit(self.path)
        if address.path == "/state":
            self.answer(200, json.dumps(state()))
        elif address.path == "/speed":
            self.answer(200, json.dumps(speed()))
        elif address.path == "/journal":
            unit = dict(parse_qsl(address.query)).get("unit", "dynascale-agent")
            command = ["journalctl", "--no-pager", "-n", "200", "-o", "short-monotonic", "-u", unit]
            self.answer(200, subprocess.run(command, capture_output=True, text=True, check=False).stdout)
        else:
            self.answer(404, "unknown\n")

    def do_POST(self):
        address = urlsplit(self.path)
        action = ACTIONS.get(address.path)
        try:
            if action is None:
                self.answer(404, "unknown\n")
            else:
                said = action(dict(parse_qsl(address.query)))
                self.answer(200, said if isinstance(said, str) else "done\n")
        except (OSError, KeyError, IndexError, TypeError, ValueError, subprocess.SubprocessError) as error:
            self.answer(500, repr(error) + "\n")

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("0.0.0.0", PORT), Handler).serve_forever()
