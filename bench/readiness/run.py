#!/usr/bin/env python3
"""Precision and recall of dynascale-check on labelled lines of public repositories.

On whole trees the goal: at most 1 false finding at warning or above per 10,000 lines. It is judged by reading.

usage: run.py LABELS.csv CORPUS [--program build/bin/dynascale-check] [-v]

LABELS.csv has the columns repo, commit, path, line, line_sha256_12, kind (TP or TN), language, rule.
CORPUS holds each repository checked out as owner+name. A TP is met when its rule fires on its line; a TN is
violated when anything at warning or above fires on its line.
"""
import argparse
import collections
import csv
import hashlib
import json
import pathlib
import subprocess
import sys


def scan(program, folder):
    run = subprocess.run([program, "scan", "--format", "json", str(folder)], capture_output=True, check=False)
    if run.returncode not in (0, 1, 3):
        sys.exit(f"{folder}: {program} failed with {run.returncode}: {run.stderr.decode()}")
    return json.loads(run.stdout)["findings"]


def line_matches(file, number, digest):
    lines = file.read_text(errors="replace").split("\n")
    if number > len(lines):
        return False
    return hashlib.sha256(lines[number - 1].strip().encode()).hexdigest()[:12] == digest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels")
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--program", default="build/bin/dynascale-check")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    findings = collections.defaultdict(list)
    count = collections.Counter()
    labels = list(csv.DictReader(open(arguments.labels, newline="")))
    for repo in sorted({label["repo"] for label in labels}):
        folder = arguments.corpus / repo.replace("/", "+")
        if not folder.is_dir():
            continue
        for finding in scan(arguments.program, folder):
            relative = str(pathlib.Path(finding["path"]).relative_to(folder))
            findings[repo, relative, finding["line"]].append((finding["rule"], finding["level"]))
    for label in labels:
        file = arguments.corpus / label["repo"].replace("/", "+") / label["path"]
        number = int(label["line"])
        if not file.is_file():
            count["absent"] += 1
            continue
        if not line_matches(file, number, label["line_sha256_12"]):
            count["changed"] += 1
        got = findings[label["repo"], label["path"], number]
        loud = [rule for rule, level in got if level != "note"]
        if label["kind"] == "TP":
            met = label["rule"] in [rule for rule, _ in got]
            count["true positive" if met else "missed"] += 1
            count["met only by a note"] += met and label["rule"] not in loud
        else:
            met = not loud
            count["true negative" if met else "false positive"] += 1
        if arguments.verbose or not met:
            verdict = "ok  " if met else "FAIL"
            print(f"{verdict} {label['kind']} {label['rule']} {label['repo']} {label['path']}:{number} {got}")
    fired = count["true positive"] + count["false positive"]
    wanted = count["true positive"] + count["missed"]
    print(dict(count))
    true = count["true positive"]
    print(f"precision {true / max(fired, 1):.3f}  recall {true / max(wanted, 1):.3f}")


if __name__ == "__main__":
    main()
