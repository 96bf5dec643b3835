"""Applications that stand before, or behind, another server: it is started beside them and stays as it is."""
import os
import signal
import subprocess

from application import Application, listens
from databases import Postgresql


class Pgbouncer(Postgresql):
    """Clients of a PostgreSQL that sits behind PgBouncer: pools are what changes."""
    name = adapter = "pgbouncer"
    clients, pause_ms = 12, 0
    small, large = (1, 1024), (3, 1024)
    stop_signal = signal.SIGINT  # The safe shutdown.

    def prepare(self):
        super().prepare()
        self.write("users", '"dynascale" ""\n"worker" ""\n')
        self.beside(Postgresql.command(self, {}))
        self.wait("PostgreSQL", super().ready)
        super().fill()
        self.address = f"{self.folder} port=6432"  # As libpq reads it behind "host=".

    def fill(self):
        """It was filled before PgBouncer's start."""

    def command(self, values):
        size = values.get("default_pool_size", 4)
        path = self.write("b.ini", f"""[databases]
postgres = host={self.folder} port=5432 user=worker
[pgbouncer]
unix_socket_dir = {self.folder}
listen_port = 6432
auth_type = trust
auth_file = {self.folder}/users
admin_users = dynascale
pool_mode = transaction
default_pool_size = {size}
""")
        return ["/usr/sbin/pgbouncer", path]

    def ready(self):
        return listens(str(self.folder / ".s.PGSQL.6432"))


class Celery(Application):
    """Tasks of ten milliseconds; a request is a task from its order until its result is back."""
    name = adapter = "celery"
    clients = 8
    ready_seconds = 60

    def __init__(self):
        super().__init__()
        self.address = str(self.folder / "broker")

    def prepare(self):
        self.beside(["/usr/bin/redis-server", "--port", "0", "--unixsocket", self.address, "--save", "", "--dir",
                     str(self.folder)])
        self.wait("Redis", lambda: listens(self.address))
        self.write("shop.py", f"""import time
from celery import Celery
app = Celery('shop', broker='redis+socket://{self.address}', backend='redis+socket://{self.address}')
@app.task
def work():
    time.sleep(0.01)
    return 7
""")
        self.client = self.write("client.py", """import signal, sys, threading, time
from shop import work
out, count, going, lines = sys.argv[1], int(sys.argv[2]), True, []
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, stop)
def ask():
    while going:
        began = time.monotonic_ns()
        try:
            good = work.delay().get(timeout=60, interval=0.002) == 7
        except Exception as error:
            good = print(error, file=sys.stderr)
        ended = time.monotonic_ns()
        lines.append(f"{ended} {(ended - began) // 1000} {int(bool(good))}")
clients = [threading.Thread(target=ask) for _ in range(count)]
for client in clients: client.start()
for client in clients: client.join()
open(out, "w").write("\\n".join(lines) + "\\n")
""")

    def client_command(self, build, out):
        return ["/usr/bin/python3", self.client, str(out), str(self.clients)]

    def command(self, values):
        return ["/usr/bin/python3", "-m", "celery", "-A", "shop", "worker", "-n", "w1@%h", "--without-gossip",
                "--without-mingle", "-c", str(values.get("workers", 2))]

    def ready(self):
        answer = subprocess.run(self.as_user(["/usr/bin/python3", "-m", "celery", "-A", "shop", "inspect", "ping",
                                              "-t", "1"]), cwd=self.folder, capture_output=True, check=False,
                                env={"PATH": os.environ["PATH"], "HOME": str(self.folder)})
        return answer.returncode == 0
