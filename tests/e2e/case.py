"""What every end-to-end test starts from: a private libvirt and one real guest, seen from outside."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "guest"))

from lab.guest import Guest  # noqa: E402
from lab.processes import Run  # noqa: E402


class GuestCase(unittest.TestCase):
    """One run a test class. A subclass sets `self.hypervisor` and `self.guest` up in `prepare`."""

    run_: Run

    @classmethod
    def setUpClass(cls):
        cls.run_ = Run()
        try:
            cls.prepare()
        except BaseException:
            cls.show_logs()
            cls.run_.__exit__()
            raise

    @classmethod
    def prepare(cls):
        raise NotImplementedError

    @classmethod
    def tearDownClass(cls):
        cls.run_.__exit__()

    @classmethod
    def show_logs(cls):
        for log in sorted(cls.run_.folder.glob("*.log")) + sorted(cls.run_.folder.glob("*.console")):
            sys.stderr.write(f"---- {log.name} (its end)\n{log.read_text(errors='replace')[-6000:]}\n")
        if hasattr(cls, "guest"):
            try:
                sys.stderr.write("---- the agent's journal (its end)\n" + cls.guest.journal()[-6000:])
            except (OSError, ValueError) as error:
                sys.stderr.write(f"---- no journal of the agent: {error}\n")

    def run(self, result=None):
        """Logs of a failed test are shown while they still exist."""
        before = (len(result.failures), len(result.errors))
        super().run(result)
        if (len(result.failures), len(result.errors)) != before:
            self.show_logs()


__all__ = ["Guest", "GuestCase"]
