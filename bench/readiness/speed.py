#!/usr/bin/env python3
"""Speed of dynascale-check beside ripgrep over the same keywords, and beside ast-grep with the same calls.

Start-up is a scan of an empty folder: the rules are read, nothing is judged.

usage: speed.py TREE [--program build/bin/dynascale-check] [--ast-grep PATH] [--rounds 3]

TREE should be large (a kernel's source, say) and in the page cache: one unmeasured run of each warms it. Wall and CPU
time are the best of the rounds, memory the largest. ripgrep must be installed; ast-grep (npm @ast-grep/cli) is run
when its program is given.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib

RULES = pathlib.Path(__file__).resolve().parents[2] / "check/rules"


def keywords():
    words = set()
    for file in sorted(RULES.glob("*.toml")):
        for match in tomllib.loads(file.read_text()).get("source", []):
            for name in match["names"]:
                words.add(name if match.get("in_string") else name.split("::")[-1].split(".")[-1])
    return sorted(words)


def ast_grep_rules(folder):
    """One rule a C function that the catalog names: every call of it."""
    names = set()
    for file in sorted(RULES.glob("*.toml")):
        for match in tomllib.loads(file.read_text()).get("source", []):
            if "c" in match["languages"] and not match.get("in_string"):
                names.update(n for n in match["names"] if n.isidentifier())
    calls = "\n".join(f"    - pattern: {name}($$$)" for name in sorted(names))
    rule = folder / "rules.yml"
    rule.write_text(f"id: calls\nlanguage: c\nrule:\n  any:\n{calls}\n")
    return rule


def measure(command):
    with open(os.devnull, "w") as null:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=null, stderr=null)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        sys.exit(f"{command[0]} failed with {os.waitstatus_to_exitcode(status)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def best(command, rounds):
    measure(command)
    runs = [measure(command) for _ in range(rounds)]
    return min(r[0] for r in runs), min(r[1] for r in runs), max(r[2] for r in runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree")
    parser.add_argument("--program", default="build/bin/dynascale-check")
    parser.add_argument("--ast-grep")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        words = pathlib.Path(folder) / "keywords"
        words.write_text("\n".join(keywords()) + "\n")
        commands = {
            "dynascale-check": [arguments.program, "scan", "--format", "json", arguments.tree],
            "ripgrep": ["rg", "--word-regexp", "--fixed-strings", "--file", str(words), arguments.tree],
        }
        if arguments.ast_grep:
            rules = ast_grep_rules(pathlib.Path(folder))
            commands["ast-grep"] = [arguments.ast_grep, "scan", "--rule", str(rules), "--json=stream", arguments.tree]
        results = {name: best(command, arguments.rounds) for name, command in commands.items()}
        empty = pathlib.Path(folder) / "empty"
        empty.mkdir()
        start = best([arguments.program, "scan", str(empty)], 10)[0]
    ours = results["dynascale-check"]
    for name, (wall, cpu, memory) in results.items():
        print(f"{name:16} wall {wall:7.3f} s   CPU {cpu:7.3f} s   memory {memory:6.0f} MiB")
    print(f"wall: {ours[0] / results['ripgrep'][0]:.2f} x ripgrep", end="")
    if "ast-grep" in results:
        print(f", {results['ast-grep'][0] / ours[0]:.1f} x faster than ast-grep", end="")
    print(f"; start-up {start * 1000:.0f} ms")


if __name__ == "__main__":
    main()
