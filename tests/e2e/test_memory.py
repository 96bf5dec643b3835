"""Need for memory ends in larger databases, and its end in smaller ones first and less memory after."""
import unittest

from case_hostd import EmbeddedCase
from lab.databases import MariaDb, PostgreSql
from lab.guest import CALM, MARIADB, POSTGRESQL, wait_until
from lab.hostd import ended

MIB = 1 << 20


class Memory(EmbeddedCase):
    adapters = {"gunicorn", "postgresql", "mariadb"}

    def databases(self):
        """What both servers say themselves."""
        postgresql = PostgreSql("127.0.0.1", self.guest.ports[POSTGRESQL])
        mariadb = MariaDb("127.0.0.1", self.guest.ports[MARIADB])
        try:
            cache = postgresql.query("SELECT setting::bigint * 8192 FROM pg_settings "
                                     "WHERE name = 'effective_cache_size'")
            return {"postgresql": int(cache[0][0]),
                    "mariadb": int(mariadb.query("SELECT @@innodb_buffer_pool_size")[0][0])}
        finally:
            postgresql.close()
            mariadb.close()

    def larger(self, than):
        now = self.databases()
        return now if all(now[name] > than[name] for name in than) else None

    def smaller(self, than):
        now = self.databases()
        return now if all(now[name] < than[name] for name in than) else None

    def test_need_enlarges_the_databases_and_its_end_shrinks_them_first(self):
        first, state = self.databases(), self.guest.state()
        wanted = max(state["memory_available_bytes"] // MIB - 60, 64)
        number = self.last_number()
        self.guest.do("hog", mib=wanted)
        grown = self.guest.wait_for("more memory", lambda seen: seen["memory_total_bytes"]
                                    >= state["memory_total_bytes"] + 200 * MIB, seconds=300)
        larger = wait_until("both databases use more", lambda: self.larger(first), seconds=300, pause=CALM)
        self.assertTrue(any(resize["ending"] == "complete" for resize in ended(self.explain(), number)))
        number = self.last_number()
        self.guest.do("calm")
        self.guest.wait_for("memory is given back", lambda seen: seen["memory_total_bytes"]
                            <= grown["memory_total_bytes"] - 150 * MIB, seconds=400, pause=CALM)
        wait_until("both databases use less", lambda: self.smaller(larger), seconds=300, pause=CALM)
        self.check_order(number)
        self.assert_within_limits(self.guest.state())

    @staticmethod
    def shrank_a_database(retuned):
        is_database = retuned["application"].startswith(("postgresql:", "mariadb:"))
        return is_database and any(retuned["after"][name] < value for name, value in retuned["before"].items())

    def check_order(self, number):
        """In each shrink that took memory the guest's consent and the databases' shrinking came before it."""
        taken = 0
        for resize in ended(self.explain(), number):
            if resize["ending"] != "complete" or resize["reached"]["memory_bytes"] >= resize["from"]["memory_bytes"]:
                continue
            moments = {}
            for step in resize["steps"]:
                if step["state"] == "reached":
                    moments.setdefault(step["link"], step["at_ms"])
            self.assertLessEqual(moments["guest_ready"], moments["hypervisor"])
            smaller = [retuned["at_ms"] for retuned in resize["retuned"] if self.shrank_a_database(retuned)]
            if not smaller:
                continue
            self.assertLessEqual(min(smaller), moments["guest_ready"])
            taken += 1
        self.assertGreaterEqual(taken, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
