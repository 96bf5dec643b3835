"""Private servers that answer requests; databases.py has the others."""
import pathlib

from application import MIB, Application, free_port
from brokers import Celery, Pgbouncer
from databases import Mariadb, Memcached, Postgresql, Redis


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
                "-XX:-UsePerfData", str(self.folder / "Server.java"), self.address.rsplit(":", 1)[1]]


ALL = [Postgresql, Mariadb, Redis, Memcached, Jvm, Gunicorn, Puma, Uwsgi, PhpFpm, Apache, Nginx, Haproxy, Pgbouncer,
       Celery]
