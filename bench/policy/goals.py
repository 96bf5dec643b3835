"""Prints the table of scores that bench/policy/run collected, and the goals; exits with 1 if one is missed."""
import json
import math
import os
import sys

GOALS = [  # run, figure, at most
    ("lambda10", "score_geomean", 1.32),
    ("lambda100", "score_geomean", 1.95),
    ("lead3", "score_geomean", 1.42),
    ("censored", "score_geomean", 1.38),
    ("lambda10", "resizes_per_day", 75),
]
# Series belong to the set whose name theirs begins with, the longest that fits.
SETS = ["alibaba", "azure_v1", "azure_v1_periodic", "bitbrains_fast", "bitbrains_rnd", "nab", "planetlab", "web"]


def load(folder):
    runs = {}
    for name in ["lambda10", "lambda100", "lead2", "lead3", "censored"]:
        path = os.path.join(folder, name + ".json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                runs[name] = {row["policy"]: row for row in json.load(file)}
    return runs


def by_set(row):
    logs = {}
    for one in row["per_series"]:
        fits = [name for name in SETS if one["series"].startswith(name)]
        logs.setdefault(max(fits, key=len) if fits else "other", []).append(math.log(one["score"]))
    return {name: math.exp(sum(values) / len(values)) for name, values in logs.items()}


def print_scores(runs):
    print("%-18s" % "score S" + "".join("%12s" % name for name in runs) + "%12s%12s" % ("unserved %", "resizes/d"))
    for policy, row in runs["lambda10"].items():
        print("%-18s" % policy + "".join("%12.3f" % run[policy]["score_geomean"] for run in runs.values()) +
              "%12.3f%12.1f" % (row["unserved_percent"], row["resizes_per_day"]))
    sets = sorted(by_set(next(iter(runs["lambda10"].values()))))
    print("\n%-18s" % "lambda 10, by set" + "".join("%18s" % name for name in sets))
    for policy, row in runs["lambda10"].items():
        means = by_set(row)
        print("%-18s" % policy + "".join("%18.3f" % means[name] for name in sets))


def check(runs, policy):
    missed = 0
    for run, figure, most in GOALS:
        value = runs[run][policy][figure]
        missed += value > most
        print("%-11s %-10s %-16s %8.3f  goal <= %-6g %s" % (policy, run, figure, value, most,
                                                            "met" if value <= most else "MISSED"))
    ours, last = by_set(runs["lambda10"][policy]), by_set(runs["lambda10"]["last125"])
    worse = [name for name in ours if ours[name] > last[name]]
    print("%-11s no set worse than last x 1.25: %s" % (policy, "MISSED: " + ", ".join(worse) if worse else "met"))
    return missed + len(worse)


def main():
    runs = load(sys.argv[1])
    print_scores(runs)
    print()
    return 1 if sum(check(runs, policy) for policy in ("predictive", "hybrid")) else 0


sys.exit(main())
