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
    return names | last_day(source)


def last_day(source):
    """How sizes met demand: the same figures of each resource."""
    units = re.findall(r'family\("(vcpu|memory_gib)"', source)
    return {f"dynascale_guest_{unit}{what}" for unit in units for what in re.findall(r'each\("(_hours_\w+)"', source)}


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
        figures = last_day((ROOT / "hostd/metrics.cpp").read_text())
        self.assertEqual(len(figures), 10)
        shown = figures & named("\n".join(queries))
        self.assertEqual({name for name in figures if not name.endswith("_had")}, shown)

    def test_the_dashboard_s_queries_parse(self):
        dashboard = json.loads((MONITORING / "grafana.json").read_text())
        rules = [{"record": "x", "expr": re.sub(r"\$(instance|guest)", ".*", target["expr"])}
                 for panel in dashboard["panels"] for target in panel["targets"]]
        text = json.dumps({"groups": [{"name": "dashboard", "rules": rules}]})
        done = subprocess.run(["promtool", "check", "rules", "/dev/stdin"], input=text, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
