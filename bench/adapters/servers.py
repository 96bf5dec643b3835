"""Private servers of the benchmark: each in a folder of its own, on a Unix socket or loopback, as `nobody` under root.

`values` are what the application's settings stand at when it starts: {} for the small size, else by the names that the
adapter gives them. So a restart with new settings starts with what the adapter would have set.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.geteuid() == 0
USER = "nobody"
MIB = 1 << 20


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def listens(address):
    try:
        if ":" in address:
            host, port = address.rsplit(":", 1)
            socket.create_connection((host, int(port)), 1).close()
        else:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(address)
        return True
    except OSError:
        return False


class Application:
    """`start` and `stop` move the process; the rest says what the benchmark needs to know."""
    name = adapter = kind = ""
    target = ""
    clients, pause_ms = 4, 2
    small, large = (2, 1024), (4, 2048)  # vCPUs, MiB
    agent = ""                           # What agent.toml says.
    stop_signal = signal.SIGTERM
    ready_seconds = 60

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dynascale-bench-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.process = None
        self.address = str(self.folder / "s")
        self.write("agent.toml", self.agent.format(folder=self.folder))

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        if ROOT:
            shutil.chown(self.folder, USER)
            shutil.chown(path, USER)
        return str(path)

    def as_user(self, command):
        return ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups", *command] if ROOT else command

    def run(self, command, **options):
        subprocess.run(self.as_user(command), check=True, cwd=self.folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **options)

    def prepare(self):
        """Once, before the first start."""

    def fill(self):
        """After the first start: the data that the clients ask for."""

    def command(self, values):
        raise NotImplementedError

    def start(self, values):
        with open(self.folder / "log", "ab") as log:
            environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
            self.process = subprocess.Popen(self.as_user(self.command(values)), cwd=self.folder, stdout=log, stderr=log,
                                            env=environment, start_new_session=True)
        until = time.monotonic() + self.ready_seconds
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.name} did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.01)

    def ready(self):
        return listens(self.address)

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None
        (self.folder / "s").unlink(missing_ok=True)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Gunicorn(Application):
    name = adapter = "gunicorn"
    kind, target, clients, pause_ms = "http", "/", 12, 0
    small, large = (1, 1024), (4, 2048)

    def prepare(self):
        self.write("app.py", "import time\ndef app(environ, start_response):\n    time.sleep(0.01)\n"
                             "    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'done']\n")

    def command(self, values):
        workers = str(values.get("workers", 3))
        return ["/usr/bin/gunicorn", "-b", f"unix:{self.address}", "--workers", workers, "app:app"]


class Uwsgi(Application):
    name = adapter = "uwsgi"
    # uWSGI ends idle workers only: with more clients than workers it would wait for one until the time is over.
    kind, target, clients, pause_ms = "http", "/", 3, 0

    def prepare(self):
        self.write("app.py", "import time\ndef application(environ, start_response):\n    time.sleep(0.01)\n"
                             "    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'done']\n")

    def command(self, values):
        workers = values.get("workers", 2)
        path = self.write("shop.ini", f"""[uwsgi]
plugin = python3
master = true
http-socket = {self.address}
wsgi-file = {self.folder}/app.py
stats = {self.folder}/stats
die-on-term = true
disable-logging = true
processes = 8
cheaper-algo = manual
cheaper = 1
cheaper-initial = {workers}
master-fifo = {self.folder}/fifo
""")
        return ["/usr/bin/uwsgi", "--ini", path]


class Puma(Application):
    name = adapter = "puma"
    kind, target, clients, pause_ms = "http", "/", 8, 0

    def prepare(self):
        self.write("config.ru", "run lambda { |env| sleep 0.01; [200, {'Content-Type' => 'text/plain'}, ['done']] }\n")

    def command(self, values):
        return ["/usr/bin/puma", "-b", f"unix://{self.address}", "-w", str(values.get("workers", 2)), "-t", "2:2", "-e",
                "production", str(self.folder / "config.ru")]


class PhpFpm(Application):
    name = adapter = "php-fpm"
    kind, clients, pause_ms = "fastcgi", 8, 0
    small, large = (2, 48), (4, 160)
    agent = '[php-fpm]\ndrop_in = "{folder}/own.conf"\n'

    def prepare(self):
        self.target = self.write("a.php", "<?php usleep((int)($_GET['ms'] * 1000)); echo 'done';")

    def command(self, values):
        self.write("own.conf", f"[www]\npm.max_children = {values.get('www.pm.max_children', 4)}\n")
        path = self.write("fpm.conf", f"""[global]
error_log = {self.folder}/error.log
pid = {self.folder}/pid
process_control_timeout = 10s
[www]
listen = {self.address}
pm = static
pm.max_children = 4
[global]
include = {self.folder}/own.con[f]
""")
        program = max(str(path) for path in pathlib.Path("/usr/sbin").glob("php-fpm8*"))
        return [program, "-F", "-n", "-y", path]


class Apache(Application):
    name = adapter = "apache"
    kind, target, clients = "http", "/page", 4
    small, large = (2, 20), (4, 120)
    agent = '[apache]\ndrop_in = "{folder}/own.conf"\n'

    def __init__(self):
        super().__init__()
        self.address = f"127.0.0.1:{free_port()}"

    def prepare(self):
        self.write("page", "done")

    def command(self, values):
        workers = values.get("MaxRequestWorkers", 20)
        self.write("own.conf", f"ServerLimit 16\nThreadsPerChild 5\nMaxRequestWorkers {workers}\n")
        modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                          for name in ("mpm_event", "authz_core", "dir"))
        path = self.write("httpd.conf", f"""ServerRoot {self.folder}
ServerName test
DefaultRuntimeDir {self.folder}
{modules}PidFile {self.folder}/pid
ErrorLog {self.folder}/error.log
Listen {self.address}
DocumentRoot {self.folder}
<Directory {self.folder}>
Require all granted
</Directory>
IncludeOptional {self.folder}/own.conf
""")
        return ["/usr/sbin/apache2", "-f", path, "-D", "FOREGROUND"]


class Nginx(Application):
    name = adapter = "nginx"
    kind, target = "http", "/"
    agent = '[nginx]\ndrop_in = "{folder}/own.conf"\n'

    def command(self, values):
        self.write("own.conf", f"worker_processes {values.get('worker_processes', 2)};\n")
        path = self.write("n.conf", f"""pid {self.folder}/pid;
error_log {self.folder}/error.log;
include {self.folder}/own.con[f];
events {{}}
http {{ access_log off; default_type text/plain;
client_body_temp_path {self.folder}; proxy_temp_path {self.folder}; fastcgi_temp_path {self.folder};
uwsgi_temp_path {self.folder}; scgi_temp_path {self.folder};
server {{ listen unix:{self.address}; return 200 done; }} }}
""")
        return ["/usr/sbin/nginx", "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", path, "-g",
                "daemon off;"]


class Haproxy(Application):
    name = adapter = "haproxy"
    kind, target = "http", "/"
    small, large = (2, 20), (4, 200)

    def command(self, values):
        del values  # It starts with its most, below which the limit moves.
        path = self.write("h.cfg", f"""global
 maxconn 1000
 stats socket {self.folder}/a level admin
defaults
 mode http
 timeout client 30s
 timeout connect 5s
 timeout server 30s
frontend f
 bind unix@{self.address}
 http-request return status 200 content-type text/plain string done
""")
        return ["/usr/sbin/haproxy", "-W", "-f", path]


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


class Jvm(Application):
    name, adapter, kind, target = "jvm (ZGC)", "jvm", "http", "/"
    small, large = (2, 300), (4, 800)

    def __init__(self):
        super().__init__()
        self.address = f"127.0.0.1:{free_port()}"

    def prepare(self):
        self.write("Server.java", """
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

public class Server {
  static volatile Object sink;

  public static void main(String[] arguments) throws Exception {
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 256);
    server.createContext("/", exchange -> {
      for (int block = 0; block < 8; ++block) sink = new byte[64 * 1024];
      byte[] body = "done".getBytes();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.start();
  }
}
""")

    def command(self, values):
        heap = values.get("SoftMaxHeapSize", 512 * MIB) // MIB
        return ["/usr/bin/java", "-XX:+UseZGC", "-XX:ZUncommitDelay=1", "-Xms16m", f"-Xmx{heap}m",
                str(self.folder / "Server.java"), self.address.rsplit(":", 1)[1]]


ALL = [Postgresql, Mariadb, Redis, Memcached, Jvm, Gunicorn, Puma, Uwsgi, PhpFpm, Apache, Nginx, Haproxy]
