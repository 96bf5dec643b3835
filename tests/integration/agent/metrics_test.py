#!/usr/bin/env python3
"""Figures of applications reach the host, here a terminal, through the real agent: from a Prometheus endpoint in a
process of its own, from a command of an `exec` application, and from Prometheus itself where it is installed.

  metrics_test.py BUILD/bin/dynascale-agent
"""
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import requests_test
from requests_test import ALONE, LIMIT_S, Host

EXPORTER = """
import http.server, pathlib, sys, time
mode = pathlib.Path(sys.argv[2])
begun = time.monotonic()
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        how = mode.read_text()
        if how == "redirect":
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.1/metrics")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if how == "hang":
            return time.sleep(60)
        requests = int((time.monotonic() - begun) * 50)
        text = '# HELP jobs Jobs.\\n# TYPE jobs gauge\\njobs{queue="mail"} 125\\njobs{queue="web"} 3\\n'
        text += "requests_total %d\\nt_seconds_sum %f\\nt_seconds_count %d\\n" % (requests, requests * 0.25, requests)
        if how == "malformed":
            text += "<html>\\n"
        if how == "huge":
            text += "filler 1\\n# and more of it\\n" * 400000
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
pathlib.Path(sys.argv[1]).write_text(str(server.server_port))
server.serve_forever()
"""


def figure(report, name):
    return next((one for one in report.get("metrics", []) if one["name"] == name), {})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Metrics(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-metrics-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.host = Host()
        self.addCleanup(self.host.close)
        self.mode = self.folder / "mode"
        self.mode.write_text("good")

    def run_program(self, command, log="log"):
        with (self.folder / log).open("ab") as out:
            process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=out)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.kill)
        return process

    def start_exporter(self):
        port = self.folder / "port"
        self.run_program([sys.executable, "-c", EXPORTER, port, self.mode])
        end = time.monotonic() + LIMIT_S
        while not (port.exists() and port.read_text()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        return int(port.read_text())

    def start_agent(self, tables):
        (self.folder / "agent.toml").write_text(
            f'channel = "{self.host.path}"\nsocket = "{self.folder}/agent.sock"\nstate_file = ""\n'
            f'adapters_directory = "{self.folder}/none"\npark = false\n{tables}')
        prefix = [] if "[application" in tables else ALONE
        self.agent = self.run_program([*prefix, requests_test.AGENT, "--config", self.folder / "agent.toml"])

    def test_an_endpoint_is_followed_and_what_ails_it_is_told(self):
        port = self.start_exporter()
        self.start_agent(f"""
[metrics.shop]
url = "http://127.0.0.1:{port}/metrics"
every = "1s"
timeout = "1s"
[metrics.shop.figure.queue_length]
series = 'jobs{{queue="mail"}}'
[metrics.shop.figure.requests_per_s]
series = "requests_total"
read = "rate"
[metrics.shop.figure.latency_s]
series = "t_seconds"
read = "mean"
[metrics.shop.figure.not_there]
series = "no_such_series"
""")
        report = self.host.report(lambda seen: figure(seen, "requests_per_s").get("value", 0) > 0)
        self.assertEqual(figure(report, "queue_length")["value"], 125)
        self.assertEqual(figure(report, "queue_length")["from"], "metrics:shop")
        self.assertAlmostEqual(figure(report, "latency_s")["value"], 0.25, places=3)
        # 50 a second, in whole requests and by two clocks.
        self.assertTrue(25 < figure(report, "requests_per_s")["value"] < 100, figure(report, "requests_per_s"))
        self.assertNotIn("value", figure(report, "not_there"))
        self.assertIn("no such series", figure(report, "not_there")["note"])
        for how, said in [("redirect", "redirects are not followed"), ("hang", "did not answer in time"),
                          ("malformed", "line "), ("huge", "longer than 4 MiB")]:
            with self.subTest(how):
                self.mode.write_text(how)
                ill = self.host.report(lambda seen: said in figure(seen, "queue_length").get("note", ""))
                self.assertEqual(figure(ill, "queue_length")["value"], 125, "the last that it told, with its age")
                self.mode.write_text("good")
                self.host.report(lambda seen: "note" not in figure(seen, "queue_length"))
        self.assertLess(self.resident_kib(), 64 * 1024)

    def resident_kib(self):
        pid = self.agent.pid
        if ALONE:
            pid = int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])

    def test_a_command_of_an_application_is_followed(self):
        program = self.folder / "queued-for-test"
        shutil.copy(shutil.which("sleep"), program)
        self.run_program([program, "600"])
        tell = self.folder / "tell"
        tell.write_text("#!/bin/sh\ncat %s/told\n" % self.folder)
        tell.chmod(0o755)
        self.folder.chmod(0o755)
        told = self.folder / "told"
        told.write_text("queue_length 17\n")
        self.start_agent(f"""
[application.queue]
kind = "exec"
executable = "{program}"
min = 1
max = 1
verify = ["/bin/echo", "1"]
grow = ["/bin/true"]
shrink = ["/bin/true"]
metrics = ["{tell}"]
metrics_every = "1s"
""")
        report = self.host.report(lambda seen: figure(seen, "queue_length").get("value") == 17)
        self.assertEqual(figure(report, "queue_length")["from"], "exec:queue")
        told.write_text("queue_length 18\nerror: half of an answer\n")
        ill = self.host.report(lambda seen: "note" in figure(seen, "queue_length"))
        self.assertEqual(figure(ill, "queue_length")["value"], 17, "nothing of a wrong answer is taken")
        self.assertIn("metrics:", next(one for one in ill["applications"] if one["id"] == "exec:queue")["note"])
        told.write_text("queue_length 19\n")
        self.host.report(lambda seen: figure(seen, "queue_length").get("value") == 19)

    def test_a_real_exporter(self):
        """Prometheus tells its own figures by the client library that most applications in Go use."""
        exporter = shutil.which("prometheus")
        if not exporter:
            self.skipTest("prometheus is not installed")
        port = free_port()
        (self.folder / "prometheus.yml").write_text("scrape_configs: []\n")
        self.run_program([exporter, f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={self.folder}/data",
                          f"--config.file={self.folder}/prometheus.yml"])
        self.start_agent(f"""
[metrics.prometheus]
url = "http://127.0.0.1:{port}/metrics"
every = "1s"
timeout = "1s"
[metrics.prometheus.figure.started_s]
series = "process_start_time_seconds"
[metrics.prometheus.figure.answers_per_s]
series = 'prometheus_http_requests_total{{handler="/metrics"}}'
read = "rate"
combine = "sum"
[metrics.prometheus.figure.latency_s]
series = 'prometheus_http_request_duration_seconds{{handler="/metrics"}}'
read = "mean"
""")
        report = self.host.report(lambda seen: figure(seen, "latency_s").get("value", 0) > 0)
        self.assertAlmostEqual(figure(report, "started_s")["value"], time.time(), delta=600)
        self.assertTrue(0 < figure(report, "answers_per_s")["value"] < 5, "it is asked once a second")


if __name__ == "__main__":
    requests_test.AGENT = sys.argv.pop(1)
    unittest.main(verbosity=2)
