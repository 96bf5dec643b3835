"""CPU load ends in more workers, and its end in fewer, with no request lost and the same gunicorn master."""
import json
import os
import subprocess
import unittest
from pathlib import Path

from case_hostd import EmbeddedCase
from lab.guest import CALM, free_port, wait_until
from lab.hostd import ended
from lab.load import HttpLoad


class Cpu(EmbeddedCase):
    guest_options = {"memory_min": 768}  # Less memory allows fewer workers; here vCPUs alone decide.
    timing = {"dashboard": f"127.0.0.1:{free_port()}"}

    def check_dashboard(self, vcpus):
        """What a browser shows of this guest is what it is, what was decided and what followed."""
        script = Path(__file__).with_name("dashboard.mjs")
        done = subprocess.run(["node", script, f"http://{self.timing['dashboard']}/", self.guest.name, str(vcpus)],
                              capture_output=True, text=True, check=False, timeout=400)
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = json.loads(done.stdout)
        self.assertIn("reports", shown["row"])
        self.assertRegex(shown["whole"], r"Wanted 1 → [23] vCPUs")
        self.assertRegex(shown["whole"], r"Resize 1 → [23] vCPUs")
        self.assertRegex(shown["whole"], r"Re-tuned gunicorn:[^:]*: verified")
        self.assertIn("workers = 3 → workers = ", shown["whole"])

    def test_load_brings_vcpus_and_workers_and_calm_takes_them_back(self):
        first = self.guest.state()
        self.assertEqual(first["cpus_online"], [0])
        number = self.last_number()
        with HttpLoad(self.guest.url("/?w=24&h=18"), clients=3) as plain, \
                HttpLoad(self.guest.url("/?w=24&h=18"), clients=3, keep_alive=True) as kept:
            grown = self.guest.wait_for("more vCPUs are online", lambda seen: len(seen["cpus_online"]) >= 2)
            grown = self.guest.wait_for(
                "gunicorn has two workers more for each vCPU",
                lambda seen: len(seen["gunicorn_workers"]) == 2 * len(seen["cpus_online"]) + 1
                and len(seen["cpus_online"]) >= 2)
            self.wait("the resize is complete", lambda seen: any(
                resize["ending"] == "complete" for resize in ended(seen, number)))
            served = plain.served() + kept.served()
            wait_until("requests are served after the change", lambda: plain.served() + kept.served() > served + 20)
        self.assertEqual(grown["gunicorn_master"], first["gunicorn_master"])
        self.assertEqual(plain.failures() + kept.failures(), [])
        self.assertTrue(any(decision["target"]["vcpus"] > 1 and decision["reasons"]
                            for decision in self.explain()["decisions"]))
        if "DASHBOARD_MODULES" in os.environ:  # A build without the dashboard has no page.
            self.hostd.hold(self.guest.name)
            self.check_dashboard(self.explain()["size"]["vcpus"])
            self.hostd.hold(self.guest.name, paused=False)
        self.check_shrink(first)

    def check_shrink(self, first):
        """Workers go before their vCPU does: at no time has the guest many workers and few vCPUs."""
        with HttpLoad(self.guest.url("/?w=4&h=3"), clients=1, pause=1.0) as trickle:
            def look(seen):
                if len(seen["cpus_online"]) == 1:
                    self.assertLessEqual(len(seen["gunicorn_workers"]), 3, "a vCPU was parked before the workers went")
                return len(seen["cpus_online"]) == 1 and len(seen["gunicorn_workers"]) == 3
            calm = self.guest.wait_for("vCPUs are parked and workers gone", look, seconds=400, pause=CALM)
        self.assertEqual(calm["gunicorn_master"], first["gunicorn_master"])
        self.assertEqual(trickle.failures(), [])
        self.assert_within_limits(calm)


if __name__ == "__main__":
    unittest.main(verbosity=2)
