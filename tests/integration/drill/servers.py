"""How each server of the tests is set up in a folder of its own: its command line, and what tells that it is ready."""
import os
import pathlib
import socket
import subprocess

ROOT = os.geteuid() == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def as_user(user, command):
    """Servers that refuse to run as root get a user; no setuid program is needed for that."""
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command] if ROOT else command


def give_to(user, folder):
    if ROOT:
        subprocess.run(["chown", "-R", f"{user}:", folder], check=True)


def nginx(case, workers):
    port = free_port()
    temporary = "\n".join(f"{kind}_temp_path {case.folder}/{kind};"
                          for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf = case.write("nginx.conf", f"""
{"user root;" if ROOT else ""}
worker_processes {workers};
daemon off;
pid {case.folder}/nginx.pid;
error_log {case.folder}/error.log;
events {{}}
http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port}; }} }}
""")
    return ["nginx", "-c", conf, "-e", case.path("error.log")], ["--ready-port", port]


def gunicorn(case):
    port = free_port()
    case.write("app.py", "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n")
    conf = case.write("conf.py", "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n"
                                 f"bind = '127.0.0.1:{port}'\nchdir = '{case.folder}'\n")
    return ["/usr/bin/gunicorn", "-c", conf, "app:app"], ["--ready-port", port]


def uwsgi(case):
    port = free_port()
    conf = case.write("uwsgi.ini", f"[uwsgi]\nmaster = true\nprocesses = %k\nsocket = 127.0.0.1:{port}\n"
                                   "die-on-term = true\n")
    return ["uwsgi-core", "--ini", conf], ["--ready-port", port]


def haproxy(case):
    port = free_port()
    conf = case.write("haproxy.cfg", f"""
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend here
  bind 127.0.0.1:{port}
""")
    return ["haproxy", "-W", "-f", conf], ["--ready-port", port]


def php_fpm(case):
    port = free_port()
    user = "user = www-data\ngroup = www-data\n" if ROOT else ""
    conf = case.write("fpm.conf", f"[global]\nerror_log = {case.folder}/log\n[www]\n{user}listen = 127.0.0.1:{port}\n"
                                  "pm = static\npm.max_children = 3\n")
    return ["php-fpm8.2", "-F", "-y", conf], ["--ready-port", port]


def apache(case):
    port = free_port()
    modules = "/usr/lib/apache2/modules"
    user = "User www-data\nGroup www-data\n" if ROOT else ""
    conf = case.write("apache.conf", f"""
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
{user}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {case.folder}/pid
ErrorLog {case.folder}/log
StartServers 2
MinSpareThreads 25
""")
    return ["apache2", "-d", str(case.folder), "-f", conf, "-DFOREGROUND"], ["--ready-port", port]


def memcached(case):
    port = free_port()
    user = ["-u", "root"] if ROOT else []
    return ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", *user], ["--ready-port", port]


def redis(case):
    port = free_port()
    probe = f"redis-cli -p {port} info memory | tr -d '\\r' | grep ^total_system_memory: | tr : ' '"
    return (["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(case.folder)],
            ["--ready-port", port, "--probe", probe])


def postgresql(case):
    port = free_port()
    bin_folder = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    give_to("postgres", case.folder)
    subprocess.run(as_user("postgres", [str(bin_folder / "initdb"), "--no-sync", "-D", case.path("data")]), check=True,
                   stdout=subprocess.DEVNULL, env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
    return (as_user("postgres", [str(bin_folder / "postgres"), "-D", case.path("data"), "-k", str(case.folder), "-h",
                                 "127.0.0.1", "-p", str(port)]), ["--ready-port", port])


def mariadb(case):
    port = free_port()
    give_to("mysql", case.folder)
    subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={case.folder}/data", "--skip-test-db",
                    *(["--user=mysql"] if ROOT else [])], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    command = as_user("mysql", ["mariadbd", "--no-defaults", f"--datadir={case.folder}/data", f"--port={port}",
                                f"--socket={case.folder}/s", "--bind-address=127.0.0.1", "--skip-grant-tables=0",
                                "--innodb-buffer-pool-size=16M", "--thread-handling=pool-of-threads"])
    probe = f"mariadb --no-defaults -S {case.folder}/s -N -e \"select 'pool', @@thread_pool_size\" | tr '\\t' ' '"
    return command, ["--ready-port", port, "--probe", probe]


def celery(case, *options):
    """A worker that speaks with itself over a folder."""
    for name in ("queue", "done"):
        (case.folder / name).mkdir(exist_ok=True)
    case.write("tasks.py", f"""import pathlib
from celery import Celery, signals
signals.worker_ready.connect(lambda **_: pathlib.Path("{case.folder}/ready").touch(), weak=False)
app = Celery("tasks", broker="filesystem://")
app.conf.update(broker_transport_options={{"data_folder_in": "{case.folder}/queue", "data_folder_out":
                "{case.folder}/queue", "data_folder_processed": "{case.folder}/done"}})
""")
    command = ["/usr/bin/python3", "-m", "celery", "-A", "tasks", "--workdir", str(case.folder), "worker",
               "--without-gossip", "--without-mingle", "--without-heartbeat", *options]
    return command, ["--ready-file", case.path("ready")]
