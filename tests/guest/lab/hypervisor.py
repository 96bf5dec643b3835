"""libvirt for one run, apart from the system's own: embedded in a client, or a private libvirtd."""
import os
import re
import subprocess
import time
from pathlib import Path

from . import paths

# Nothing that needs a daemon (virtlogd), another user or a mount namespace. Works as root and as a normal user.
QEMU_CONF = f"""stdio_handler = "file"
security_driver = "none"
namespaces = []
cgroup_controllers = []
remember_owner = 0
user = "+{os.geteuid()}"
group = "+{os.getegid()}"
"""


def accounts(folder):
    """Files that give this run the account which libvirt's QEMU driver looks up at start when it runs as root, even
    where qemu.conf names another; only libvirt-daemon-system creates it, and that package also starts a libvirtd."""
    mounts = {}
    for name, line in (("passwd", "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin"),
                       ("group", "libvirt-qemu:x:64055:\nkvm:x:64056:")):
        known = Path("/etc", name).read_text(encoding="utf-8")
        missing = [entry for entry in line.split("\n") if not re.search("^" + entry.split(":")[0] + ":", known, re.M)]
        if missing:
            (folder / name).write_text(known + "".join(entry + "\n" for entry in missing), encoding="utf-8")
            mounts[f"/etc/{name}"] = folder / name
    return mounts


def wrapped_accounts(mounts):
    """A command prefix that shows a program these accounts. It needs no right to mount, as in an ordinary container."""
    shown = {f"/etc/{name}": mounts.get(f"/etc/{name}", f"/etc/{name}") for name in ("passwd", "group")}
    return ["env", "LD_PRELOAD=libnss_wrapper.so", f"NSS_WRAPPER_PASSWD={shown['/etc/passwd']}",
            f"NSS_WRAPPER_GROUP={shown['/etc/group']}"]


def keep_capabilities(cache):
    """Lets all runs share what libvirt learns by asking QEMU for some seconds. It is libvirt that judges whether that
    still holds, by QEMU's and its own times and versions."""
    kept = paths.BUILD / "capabilities"
    kept.mkdir(parents=True, exist_ok=True)
    (cache / "qemu").mkdir(parents=True)
    (cache / "qemu/capabilities").symlink_to(kept)


def mount_namespace(run, mounts):
    """A command prefix that runs a program where each key of `mounts` shows its value. Root only."""
    ready = run.folder / "namespace"
    script = "set -e\n"
    for there, here in mounts.items():
        script += f"[ ! -d {here} ] || mkdir -p {there}\nmount --bind {here} {there}\n"
    holder = run.start(["unshare", "--mount", "sh", "-c", f"{script} touch {ready}\nexec sleep infinity"], "namespace")
    while not ready.exists():
        if holder.poll() is not None:
            raise RuntimeError("cannot make a mount namespace: " + run.log("namespace"))
        time.sleep(0.02)
    return ["nsenter", "--target", str(holder.pid), "--mount", "--wd=/"]


class Embedded:
    """`qemu:///embed`: the driver runs inside whoever opens the connection, and its guests stay with that process.
    Programs that open it are started with the prefix `enter`."""

    def __init__(self, run):
        self.root = run.folder / "v"
        configuration = self.root / "etc"
        configuration.mkdir(parents=True)
        (configuration / "qemu.conf").write_text(QEMU_CONF, encoding="ascii")
        keep_capabilities(self.root / "cache")
        self.uri = f"qemu:///embed?root={self.root}"
        mounts = accounts(configuration) if os.geteuid() == 0 else {}
        self.enter = wrapped_accounts(mounts) if mounts else []

    def stop(self):
        pass


class Libvirtd:
    """A libvirtd with its own configuration, state and socket: as root in a mount namespace where libvirt's folders
    are private, as a normal user in session mode with private XDG folders."""

    FOLDERS = {"etc": "/etc/libvirt", "run": "/run/libvirt", "lib": "/var/lib/libvirt", "cache": "/var/cache/libvirt"}

    def __init__(self, run):
        self.run = run
        self.folder = run.folder / "d"
        self.enter, self.environment, self.daemon = [], {}, None
        for name in self.FOLDERS:
            (self.folder / name).mkdir(parents=True)
        keep_capabilities(self.folder / ("cache" if os.geteuid() == 0 else "cache/libvirt"))
        (self.folder / "etc/qemu.conf").write_text(QEMU_CONF, encoding="ascii")
        (self.folder / "libvirtd.conf").write_text(
            f'unix_sock_dir = "{self.folder}"\nauth_unix_rw = "none"\nlog_level = 3\n', encoding="ascii")
        if os.geteuid() == 0:
            mounts = {there: self.folder / here for here, there in self.FOLDERS.items()}
            self.enter = mount_namespace(run, {**mounts, **accounts(self.folder)})
            self.uri = f"qemu:///system?socket={self.folder}/libvirt-sock"
        else:
            self._prepare_session()
            self.uri = f"qemu:///session?socket={self.folder}/run/libvirt/libvirt-sock"
        self.start()

    def _prepare_session(self):
        (self.folder / "etc/libvirt").mkdir()
        (self.folder / "etc/qemu.conf").rename(self.folder / "etc/libvirt/qemu.conf")
        (self.folder / "run").chmod(0o700)
        self.environment = {"XDG_CONFIG_HOME": self.folder / "etc", "XDG_RUNTIME_DIR": self.folder / "run",
                            "XDG_CACHE_HOME": self.folder / "cache", "XDG_DATA_HOME": self.folder / "lib"}
        self.environment = {name: str(path) for name, path in self.environment.items()}

    def start(self):
        command = ["libvirtd", "-f", self.folder / "libvirtd.conf", "-p", self.folder / "libvirtd.pid"]
        self.daemon = self.run.start(self.enter + command, "libvirtd", environment=self.environment)
        end = time.monotonic() + 60
        while self.virsh("uri").returncode != 0:
            if self.daemon.poll() is not None or time.monotonic() > end:
                raise RuntimeError("libvirtd does not answer: " + self.run.log("libvirtd")[-2000:])
            time.sleep(0.1)

    def virsh(self, *arguments):
        return self.run.call([*self.enter, "virsh", "-q", "-c", self.uri, *arguments], environment=self.environment)

    def restart(self, number):
        """Ends the daemon with signal `number` and starts it again; its guests live on."""
        self.daemon.send_signal(number)
        self.daemon.wait(60)
        self.start()

    def stop(self):
        if self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(20)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
