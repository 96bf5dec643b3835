"""Private databases and caches, with the data that the clients ask for."""
import os
import pathlib
import signal
import socket
import subprocess

from application import MIB, Application


class Redis(Application):
    name = adapter = kind = "redis"
    small, large = (2, 300), (4, 600)

    def command(self, values):
        size = values.get("maxmemory", 225 * MIB)
        return ["/usr/bin/redis-server", "--port", "0", "--unixsocket", self.address, "--save", "", "--dir",
                str(self.folder), "--maxmemory", str(size), "--maxmemory-policy", "allkeys-lru"]

    def fill(self):
        """Twenty thousand keys that are asked for, and others beside them up to more than the small limit."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.address)
            value = b"x" * 4096
            for start in range(0, 60000, 500):
                client.sendall(b"".join(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$4096\r\n%s\r\n" % (len(key), key, value)
                                        for key in (b"fill:%d" % number for number in range(start, start + 500))))
                left = 500 * len(b"+OK\r\n")
                while left > 0:
                    left -= len(client.recv(min(left, 65536)))


class Memcached(Application):
    name = adapter = kind = "memcached"
    small, large = (2, 200), (4, 400)

    def command(self, values):
        size = values.get("limit_maxbytes", 170 * MIB) // MIB
        return ["/usr/bin/memcached", "-s", self.address, "-t", "2", "-m", str(size)]

    def fill(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.address)
            value = b"x" * 4096
            for number in range(40000):
                client.sendall(b"set fill:%d 0 0 4096 noreply\r\n%s\r\n" % (number, value))
            client.sendall(b"version\r\n")
            client.recv(100)


class Postgresql(Application):
    name = adapter = kind = "postgresql"
    clients = 4
    small, large = (2, 1024), (4, 4096)
    stop_signal = signal.SIGINT  # The fast shutdown, as its unit has it.

    def __init__(self):
        super().__init__()
        self.bin = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        self.address = str(self.folder)

    def prepare(self):
        self.run([str(self.bin / "initdb"), "--no-sync", "--auth=trust", "-U", "worker", "-D", "data"],
                 env={"LC_ALL": "C", "PATH": os.environ["PATH"]})

    def command(self, values):
        # A restart with new settings brings those that need one, too.
        lines = [f"{name} = {value // 1024}kB" if name.endswith(("mem", "size", "buffers")) else f"{name} = {value}"
                 for name, value in values.items()]
        (self.folder / "data/postgresql.auto.conf").write_text("\n".join(lines) + "\n")
        return [str(self.bin / "postgres"), "-D", "data", "-k", str(self.folder), "-c", "listen_addresses=",
                "-c", "fsync=off"]

    def ready(self):
        return subprocess.run(["psql", "-h", self.address, "-U", "worker", "postgres", "-c", "select 1"],
                              capture_output=True, check=False).returncode == 0

    def fill(self):
        subprocess.run(["psql", "-q", "-h", self.address, "-U", "worker", "postgres"], check=True, text=True, input="""
CREATE ROLE dynascale LOGIN SUPERUSER;
CREATE TABLE orders AS SELECT id, repeat(md5(id::text), 5) AS text FROM generate_series(1, 100000) id;
CREATE UNIQUE INDEX ON orders (id);
ANALYZE orders;
""")


class Mariadb(Application):
    name = adapter = kind = "mariadb"
    small, large = (2, 512), (4, 1024)

    def prepare(self):
        self.run(["mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data", "--skip-test-db",
                  "--auth-root-authentication-method=normal"])
        # The server reads one statement a line.
        self.write("init.sql", "CREATE USER IF NOT EXISTS worker@localhost;\nGRANT ALL ON *.* TO worker@localhost;\n"
                               "CREATE OR REPLACE USER dynascale@localhost;\n"
                               "GRANT SUPER, CONNECTION ADMIN, PROCESS ON *.* TO dynascale@localhost;\n"
                               "CREATE DATABASE IF NOT EXISTS shop;\n")

    def command(self, values):
        options = [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]
        pool = [] if "innodb_buffer_pool_size" in values else ["--innodb-buffer-pool-size=256M"]
        return ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder}/data", f"--socket={self.address}",
                "--skip-networking", f"--init-file={self.folder}/init.sql", "--innodb-flush-log-at-trx-commit=0", *pool,
                *options]

    def ready(self):
        return subprocess.run(["mariadb", "--no-defaults", "-S", self.address, "-u", "worker", "-e", "select 1"],
                              capture_output=True, check=False).returncode == 0

    def fill(self):
        subprocess.run(["mariadb", "--no-defaults", "-S", self.address, "-u", "worker", "shop", "-e",
                        "CREATE TABLE orders (id INT PRIMARY KEY, text VARCHAR(200)) ENGINE=InnoDB; INSERT INTO orders "
                        "SELECT seq, repeat(md5(seq), 5) FROM seq_1_to_300000;"], check=True)
