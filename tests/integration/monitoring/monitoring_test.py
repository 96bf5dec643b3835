#!/usr/bin/env python3
"""The alert rules are valid, and rules and dashboard name only metrics that hostd tells."""
import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
MONITORING = ROOT / "packaging/monitoring"
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def told():
    source = (ROOT / "hostd/metrics.cpp").read_text()
    names = set(re.findall(r'"(dynascale_\w*[a-z])"', source))
    for what in re.findall(r'both\("(\w+)"', source):
        names |= {f"dynascale_host_vcpus_{what}", f"dynascale_host_memory_{what}_bytes"}
    return names


def named(text):
    return {SUFFIX.sub("", name) for name in re.findall(r"\bdynascale_\w+", text)}


class Monitoring(unittest.TestCase):
    def test_the_alert_rules_are_valid(self):
        done = subprocess.run(["promtool", "check", "rules", MONITORING / "alerts.yml"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_rules_name_only_what_hostd_tells(self):
        self.assertLessEqual(named((MONITORING / "alerts.yml").read_text()), told())

    def test_the_dashboard_names_only_what_hostd_tells(self):
        dashboard = json.loads((MONITORING / "grafana.json").read_text())
        queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        queries += [variable["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
        self.assertGreater(len(queries), 8)
        self.assertLessEqual(named("\n".join(queries)), told())


if __name__ == "__main__":
    sys.exit(unittest.main())
