#!/usr/bin/env python3
"""dynascalectl simulate on the same load from CSV files and from a real Prometheus: the same figures."""
import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import xml.dom.minidom

CTL = sys.argv.pop(1)
STEP_S = 600
DAYS = 4


def simulate(*options, check=True):
    return subprocess.run([CTL, "simulate", *options], capture_output=True, text=True, check=check)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def busy_vcpus(at):
    """Of sixteen: a day that rises and falls, and a job every 70 minutes."""
    day = at % (86400 // STEP_S)
    return 2 + (6 if 48 <= day < 108 else 0) + (5 if at % 7 == 0 else 0) + at % 3 * 0.25


@contextlib.contextmanager
def prometheus(folder, metrics):
    """A server that holds `metrics`, lines of OpenMetrics with times."""
    source = folder / "metrics"
    source.write_text("# TYPE dynascale_guest_vcpus_busy gauge\n" + "".join(metrics) + "# EOF\n")
    data = folder / "data"
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", source, data], check=True,
                   capture_output=True)
    (folder / "prometheus.yml").write_text("global: {}\n")
    port = free_port()
    server = subprocess.Popen(
        ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={data}",
         f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url + "/-/ready", timeout=2).close()
                break
            if time.monotonic() > deadline or server.poll() is not None:
                raise RuntimeError("prometheus does not start")
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(30)


class Simulate(unittest.TestCase):
    def setUp(self):
        keep = tempfile.TemporaryDirectory()
        self.addCleanup(keep.cleanup)
        self.folder = pathlib.Path(keep.name)
        self.count = DAYS * 86400 // STEP_S
        self.end = int(time.time()) // STEP_S * STEP_S - 3600
        self.times = [self.end - (self.count - at) * STEP_S for at in range(self.count)]
        traces = self.folder / "traces"
        traces.mkdir()
        rows = "".join(f"{s},{busy_vcpus(at) * 100 / 16:.6f}\n" for at, s in enumerate(self.times))
        (traces / "web1.csv").write_text("timestamp_s,cpu_util_percent\n" + rows)
        self.traces = traces

    def metrics(self, wanted=lambda at: True):
        # A value is told for five minutes at most: each step is told at its own second.
        return [f'dynascale_guest_vcpus_busy{{guest="web1"}} {busy_vcpus(at)} {s}\n'
                for at, s in enumerate(self.times) if wanted(at)]

    def span(self):
        return ["--since", str_time(self.times[0]), "--until", str_time(self.end), "--step", "10m"]

    def test_prometheus_and_csv_give_the_same_figures(self):
        options = ["--policy", "hybrid,last125,dp-oracle", "--json"]
        csv = json.loads(simulate("--traces", str(self.traces), *options).stdout)
        with prometheus(self.folder, self.metrics()) as url:
            asked = simulate("--prometheus", url, "--guest", "web1", *self.span(), *options)
        self.assertEqual(json.loads(asked.stdout), csv)

    def test_a_gap_stays_a_gap(self):
        lost = range(self.count // 2, self.count // 2 + 36)
        with prometheus(self.folder, self.metrics(lambda at: at not in lost)) as url:
            page = self.folder / "page.html"
            picture = self.folder / "chart.svg"
            simulate("--prometheus", url, "--guest", "web1", *self.span(), "--policy", "hybrid,oracle", "--svg",
                     str(picture), "--html", str(page))
            wrong = simulate("--prometheus", url, "--query", "busy{", *self.span(), check=False)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("parse error", wrong.stderr)
        panels = [group for group in xml.dom.minidom.parse(str(picture)).getElementsByTagName("g")]
        self.assertEqual(len(panels), 2)
        for panel in panels:
            lines = panel.getElementsByTagName("polyline")
            points = [len(line.getAttribute("points").split()) for line in lines]
            self.assertEqual(len(points), 2, "the line is broken where nothing is known")
            self.assertEqual(sum(points), self.count - 86400 // STEP_S - len(lost))
        self.assertIn("<table>", page.read_text())

    def test_tune_prints_what_hostd_reads(self):
        tuned = simulate("--traces", str(self.traces), "--tune", "pressure", "--tune-seconds", "20")
        config = self.folder / "hostd.toml"
        config.write_text(tuned.stdout)
        self.assertIn("[defaults.pressure]", tuned.stdout)
        replayed = simulate("--traces", str(self.traces), "--config", str(config), "--policy", "configured", "--json")
        self.assertEqual(json.loads(replayed.stdout)[0]["policy"], "configured")

    def test_says_which_source_is_missing(self):
        none = simulate(check=False)
        self.assertEqual(none.returncode, 1)
        self.assertIn("--history", none.stderr)
        both = simulate("--traces", str(self.traces), "--history", "x", check=False)
        self.assertEqual(both.returncode, 1)


def str_time(second):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


if __name__ == "__main__":
    sys.exit(unittest.main())
