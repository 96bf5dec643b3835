#include "adapters/celery/script.hpp"

namespace dynascale::celery {
namespace {

// Why a shrink pauses the worker: Celery's pool_shrink ends a process that has not yet said that it took its
// task. With nothing reserved every task has been taken, and what looks idle is idle.
constexpr std::string_view script = R"py(
import datetime, json, os, signal, sys, time

request = json.loads(sys.stdin.readline())
node = request["node"]
end = time.monotonic() + request["seconds"]

def load():
    if request.get("workdir"):
        os.chdir(request["workdir"])
    for option, variable in (("broker", "CELERY_BROKER_URL"), ("config", "CELERY_CONFIG_MODULE"),
                             ("loader", "CELERY_LOADER")):
        if request.get(option):
            os.environ[variable] = request[option]
    from celery.app.utils import find_app
    from celery import current_app
    name = request.get("app") or os.environ.get("APP") or os.environ.get("CELERY_APP")
    return find_app(name) if name else current_app._get_current_object()

class NoAnswer(Exception):
    pass

def ask(command, **arguments):
    answers = app.control.broadcast(command, arguments=arguments, destination=[node], reply=True,
                                    timeout=max(0.5, min(5.0, end - time.monotonic())))
    for answer in answers or []:
        if node in answer:
            return answer[node]
    raise NoAnswer(command)

def order(command, **arguments):
    answer = ask(command, **arguments)
    if isinstance(answer, dict) and "error" in answer:
        raise RuntimeError(str(answer["error"])[:200])

def state():
    stats = ask("stats")
    pool = stats.get("pool") or {}
    scaler = stats.get("autoscaler")
    return {"pid": stats.get("pid"), "processes": pool.get("processes"),
            "autoscale": [scaler["max"], scaler["min"]] if scaler else None}

def due_soon():
    for task in ask("scheduled"):
        try:
            eta = datetime.datetime.fromisoformat(task["eta"])
            now = datetime.datetime.now(eta.tzinfo)
            if (eta - now).total_seconds() > 15:
                continue
        except (KeyError, TypeError, ValueError):
            pass
        return True
    return False

def quiet():
    return not ask("reserved") and not due_soon() and not ask("reserved")

def names(queues):
    return {queue["name"] for queue in queues}

def resume(queues):
    for _ in range(20):
        try:
            present = names(ask("active_queues"))
            missing = [queue for queue in queues if queue["name"] not in present]
            if not missing:
                return
            for queue in missing:
                exchange = queue.get("exchange") or {}
                order("add_consumer", queue=queue["name"], exchange=exchange.get("name") or None,
                      exchange_type=exchange.get("type"), routing_key=queue.get("routing_key") or None)
        except Exception:
            time.sleep(0.5)
    raise RuntimeError("the worker was told to consume its queues again and did not answer")

def own_text():
    with open("/proc/self/cmdline", "rb") as line:
        words = line.read().split(b"\0")
    return words[words.index(b"-c") + 1].decode()

def guard(queues):
    """A process of its own that resumes the worker should this one be killed. Its pipe tells."""
    read, write = os.pipe()
    if os.fork() != 0:
        os.close(read)
        return write
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.close(write)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        if os.read(read, 1) != b"d":
            # Anew: the connections belong to the process that is gone.
            again, feed = os.pipe()
            os.write(feed, json.dumps(dict(request, do="resume", queues=queues, seconds=60)).encode() + b"\n")
            os.close(feed)
            os.dup2(again, 0)
            os.execv(sys.executable, [sys.executable, "-c", own_text()])
    finally:
        os._exit(0)

def lower(to):
    """Ends idle processes until `to` are left or the pause is over; the worker takes no new task meanwhile."""
    while time.monotonic() < pause_end:
        now = state()
        surplus = len(now["processes"]) - to
        if surplus <= 0:
            return
        idle = len(now["processes"]) - len(ask("active")) if quiet() else 0
        if idle > 0:
            end_idle(now, min(idle, surplus))
        time.sleep(0.02)

def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rsplit(b")", 1)[1].split()[0] != b"Z"
    except OSError:
        return False

def settled(seconds):
    """The state once its processes have been the same, and alive, for a while: Celery makes and buries them later."""
    limit = time.monotonic() + seconds
    now, since = state(), time.monotonic()
    while time.monotonic() < limit and time.monotonic() - since < 1.5:
        time.sleep(0.1)
        before, now = now, state()
        if now["processes"] != before["processes"] or not all(alive(pid) for pid in now["processes"] or []):
            since = time.monotonic()
    return now

def end_idle(now, count):
    """Orders `count` processes to end and waits until they have: none must be counted twice."""
    left = len(now["processes"]) - count
    if now["autoscale"]:
        order("autoscale", max=left, min=min(left, now["autoscale"][1]))
    else:
        order("pool_shrink", n=count)
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        listed = state()["processes"]
        if len(listed) <= left and all(alive(pid) for pid in listed):
            return
        time.sleep(0.05)
    raise RuntimeError("processes that were told to end did not")

def shrink(to):
    global end, pause_end
    now = settled(5)
    if not now["processes"] or to < 1:
        raise RuntimeError("the worker has no pool of processes")
    if len(now["processes"]) > to:
        queues = ask("active_queues")
        pipe = guard(queues)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            pause_end = time.monotonic() + request["pause"]
            for queue in queues:
                order("cancel_consumer", queue=queue["name"])
            lower(to)
        finally:
            end = time.monotonic() + 10
            resume(queues)
            os.write(pipe, b"d")
    now = state()
    if now["autoscale"] and now["autoscale"][0] != to and len(now["processes"]) <= to:
        order("autoscale", max=to, min=min(to, now["autoscale"][1]))

def grow(to):
    now = settled(5)
    if now["autoscale"]:
        order("autoscale", max=to, min=min(to, now["autoscale"][1]))
    elif now["processes"] is not None and len(now["processes"]) < to:
        order("pool_grow", n=to - len(now["processes"]))
        limit = time.monotonic() + 15
        while time.monotonic() < limit and len(state()["processes"]) < to:
            time.sleep(0.05)

try:
    app = load()
    if request["do"] == "grow":
        grow(request["to"])
    elif request["do"] == "shrink":
        shrink(request["to"])
    elif request["do"] == "resume":
        resume(request["queues"])
    answer = state()
except NoAnswer as error:
    answer = {"error": f"no answer to {error}", "kind": "timeout"}
except Exception as error:
    answer = {"error": f"{type(error).__name__}: {error}"[:300], "kind": "failed"}
print("\ndynascale " + json.dumps(answer), flush=True)
os._exit(0)
)py";

}  // namespace

std::string_view control_script() {
  return script;
}

}  // namespace dynascale::celery
