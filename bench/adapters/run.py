#!/usr/bin/env python3
"""How applications follow, side by side: left alone, by their adapter, and by a restart with the same new values.

    bench/adapters/run.py [--build build] [--only redis,nginx] [--seconds 8] [--json FILE]

Each application runs three times under the same clients. In every run it stands at its small size, is made large after
a while, and small again after another: by nobody, by the adapter (bench_follow), by a restart. Reported for each: the
time from the order until the new values were read back (or the restarted server answered), answers a second at the
small size, at the large one and small again, the 99th percentile of the latency before and during the changes, the
longest time without one answer, and failed requests. A run's goal: no failed request, and during a change at most 1.2
times the 99th percentile of the slower one of the two sizes that it lies between.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import servers  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TAIL = 2.0          # Seconds behind a change that still count to it.
LEAST_SAMPLES = 50  # Fewer make no percentile.
GOAL = 1.2


class Clients:
    """bench_clients for the time of a run."""

    def __init__(self, build, application):
        self.out = application.folder / "requests"
        self.errors = open(application.folder / "clients.log", "w+b")
        self.process = subprocess.Popen(application.client_command(build, self.out), stderr=self.errors,
                                        cwd=application.folder)

    def end(self):
        """Every request: end in seconds of the monotonic clock, seconds that it took, whether it was answered."""
        self.process.terminate()
        self.process.wait(90)
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace").strip()
        self.errors.close()
        requests = []
        for line in self.out.read_text().splitlines():
            end, took, good = line.split()
            requests.append((int(end) / 1e9, int(took) / 1e6, good == "1"))
        return sorted(requests), said


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if len(values) >= LEAST_SAMPLES else None


def between(requests, begin, end):
    """Requests that overlap with a span: one that ended later may have been held up in it."""
    return [one for one in requests if one[0] >= begin and one[0] - one[1] <= end]


def rate(requests, begin, end):
    return sum(1 for at, _, good in requests if good and begin <= at < end) / (end - begin)


def longest_gap(requests, begin, end):
    last, longest = begin, 0.0
    for at, _, good in requests:
        if good and begin <= at <= end:
            longest, last = max(longest, at - last), at
    return max(longest, end - last)


def p99(requests, begin, end):
    return percentile([took for _, took, good in between(requests, begin, end) if good], 0.99)


def follow(build, application, size):
    command = [str(build / "bin/bench_follow"), "--config", str(application.folder / "agent.toml"), "--adapter",
               application.adapter, "--pid", str(application.process.pid), "--vcpus", str(size[0]), "--memory-mib",
               str(size[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)
    return json.loads(done.stdout)


def by_nobody(_build, _application, _size, _values):
    return {"seconds": 0.0, "settled": False, "changes": [], "error": ""}


def by_adapter(build, application, size, values):
    answer = follow(build, application, size)
    for change in answer["changes"]:
        values[change["setting"]] = change["achieved"]
    return answer


def by_restart(_build, application, _size, values):
    began = time.monotonic()
    application.stop()
    application.start(values)
    return {"seconds": time.monotonic() - began, "settled": True, "changes": [], "error": ""}


def one_run(build, application, make, sizes, values_of, seconds):
    """`sizes` are the small and the large one; `values_of` what they are in the application's settings, by size."""
    clients = Clients(build, application)
    try:
        time.sleep(2)
        spans, answers, start = [], [], time.monotonic()
        for name in ("large", "small"):
            time.sleep(seconds)
            began = time.monotonic()
            answers.append(make(build, application, sizes[name], values_of[name]))
            spans.append((began, time.monotonic()))
        time.sleep(TAIL + seconds)
        end = time.monotonic()
    finally:
        requests, said = clients.end()
    steady = [(start, spans[0][0]), (spans[0][1] + TAIL, spans[1][0]), (spans[1][1] + TAIL, end)]
    steady = [(begin, max(stop, begin + 0.5)) for begin, stop in steady]
    tails = [p99(requests, *span) for span in steady]
    changes = []
    for index, (begin, stop) in enumerate(spans):
        during = p99(requests, begin, stop + TAIL)
        slower = max((tail for tail in tails[index:index + 2] if tail is not None), default=None)
        changes.append({"seconds": answers[index]["seconds"], "settled": answers[index]["settled"],
                        "changes": answers[index]["changes"], "error": answers[index]["error"], "p99_s": during,
                        "p99_ratio": during / slower if during and slower else None,
                        "longest_gap_s": longest_gap(requests, begin, stop + TAIL),
                        "rate": rate(requests, begin, stop + TAIL)})
    return {"rates": [rate(requests, *span) for span in steady], "p99_s": tails, "grow": changes[0],
            "shrink": changes[1], "failed": sum(1 for one in requests if not one[2]), "requests": len(requests),
            "first_failure": said[:300]}


def measure(build, kind, seconds):
    application = kind()
    sizes = {"small": application.small, "large": application.large}
    try:
        application.prepare()
        application.start({})
        application.fill()
        # From the server's own start to the small size: what every run begins with.
        small, large = {}, {}
        by_adapter(build, application, sizes["small"], small)
        result = {"adapter": one_run(build, application, by_adapter, sizes, {"small": small, "large": large}, seconds)}
        result["nothing"] = one_run(build, application, by_nobody, sizes, {"small": {}, "large": {}}, seconds)
        result["restart"] = one_run(build, application, by_restart, sizes, {"small": small, "large": large}, seconds)
        return result
    finally:
        application.close()


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) // (1 << 20)
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": memory, "kernel": platform.release(),
            "load": os.getloadavg()[0]}


def milliseconds(seconds):
    return "-" if seconds is None else f"{seconds * 1000:.0f}" if seconds >= 0.0995 else f"{seconds * 1000:.1f}"


def goal_met(run):
    ratios = [run[change]["p99_ratio"] for change in ("grow", "shrink")]
    return run["failed"] == 0 and all(ratio is not None and ratio <= GOAL for ratio in ratios)


def print_table(results):
    print("| application | by | grow ms | shrink ms | answers/s small, large, small | p99 ms small, large, small "
          "| p99 ms in grow, shrink (ratio) | longest gap ms | failed | goal |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, runs in results.items():
        if "error" in runs:
            print(f"| {name} | - | {runs['error'].splitlines()[0][:80]} |")
            continue
        for way in ("nothing", "adapter", "restart"):
            run = runs[way]
            changes = [run["grow"], run["shrink"]]
            taken = ["-" if way == "nothing" else milliseconds(one["seconds"]) + ("" if one["settled"] else " (part)")
                     for one in changes]
            during = ", ".join(milliseconds(one["p99_s"]) + (f" ({one['p99_ratio']:.2f})" if one["p99_ratio"] else "")
                               for one in changes)
            print(f"| {name} | {way} | {taken[0]} | {taken[1]} | {', '.join(f'{one:.0f}' for one in run['rates'])} "
                  f"| {', '.join(milliseconds(one) for one in run['p99_s'])} | {during} "
                  f"| {milliseconds(max(one['longest_gap_s'] for one in changes))} | {run['failed']} "
                  f"| {'yes' if goal_met(run) else 'no'} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build")
    parser.add_argument("--only", default="", help="names of adapters, with commas between")
    parser.add_argument("--seconds", type=float, default=8, help="at rest before and behind each change")
    parser.add_argument("--json", type=pathlib.Path, help="every figure, into this file")
    options = parser.parse_args()
    wanted = set(filter(None, options.only.split(",")))
    if unknown := wanted - {kind.adapter for kind in servers.ALL}:
        sys.exit(f"bench/adapters: unknown: {', '.join(sorted(unknown))}")
    if missing := [name for name in ("bench_follow", "bench_clients") if not (options.build / "bin" / name).exists()]:
        sys.exit(f"bench/adapters: {missing[0]} is missing: cmake --build {options.build} --target {missing[0]}")
    about, results = machine(), {}
    for kind in servers.ALL:
        if wanted and kind.adapter not in wanted:
            continue
        print(f"{kind.name} …", file=sys.stderr, flush=True)
        try:
            results[kind.name] = measure(options.build, kind, options.seconds)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            results[kind.name] = {"error": f"{type(error).__name__}: {error}"}
    print(f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, Linux {about['kernel']}, "
          f"load {about['load']:.1f} at the start, {time.strftime('%Y-%m-%d')}\n")
    print_table(results)
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
