#!/bin/bash
# Runs inside mmdebstrap, with the new root in $1: kernel, logins, settings, and what a fast boot can do without.
# The packages named after it are there to be started by hand.
set -euo pipefail
root=$1
recipe=$(dirname "$(readlink -f "$0")")

echo "guest image: kernel"
kernel=$(chroot "$root" apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p' | head -n1)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$root/tmp/kernel"
chroot "$root" sh -c "cd /tmp/kernel && apt-get download -o APT::Sandbox::User=root $kernel" >/dev/null
dpkg-deb --fsys-tarfile "$root"/tmp/kernel/*.deb | tar -x -C "$scratch"
rm -rf "$root/tmp/kernel"
release=$(basename "$scratch"/lib/modules/*)
all="$root/usr/lib/modules/$release"
mkdir -p "$root/boot" "$root/usr/lib/modules"
cp "$scratch/boot/vmlinuz-$release" "$root/boot/vmlinuz"
# Only the modules of modules.list and what those need: the rest would cost image size and boot time.
mkdir -p "$all.full" && cp -a "$scratch/lib/modules/$release/." "$all.full/"
mv "$all.full" "$all"
chroot "$root" depmod "$release"
sed -n 's/^\(boot\|late\) //p' "$recipe/modules.list" |
  while read -r module; do chroot "$root" modprobe --set-version "$release" --show-depends "$module" || true; done |
  sed -n "s|^insmod .*/modules/$release/||p" | awk '{print $1}' | sort -u >"$scratch/keep"
mkdir "$scratch/kept"
(cd "$all" && cp --parents modules.builtin modules.builtin.modinfo modules.order "$scratch/kept/" &&
  xargs -a "$scratch/keep" cp --parents -t "$scratch/kept")
rm -rf "$all" && cp -a "$scratch/kept" "$all"
chroot "$root" depmod "$release"
sed -n 's/^late //p' "$recipe/modules.list" >"$root/etc/modules-load.d/guest.conf"

echo "guest image: users and database logins"
install -m 644 "$recipe/../../../systemd/dynascale.sysusers" "$root/usr/lib/sysusers.d/dynascale.conf"
chroot "$root" systemd-sysusers
postgres() {
  chroot "$root" setpriv --reuid=postgres --regid=postgres --init-groups \
    /usr/lib/postgresql/15/bin/postgres --single -D /var/lib/postgresql/15/main \
    -c config_file=/etc/postgresql/15/main/postgresql.conf "$@"
}
postgres postgres <"$recipe/postgresql.sql" >/dev/null
echo 'host all probe 10.0.2.0/24 trust' >>"$root/etc/postgresql/15/main/pg_hba.conf"
cat >"$root/etc/postgresql/15/main/conf.d/guest.conf" <<'CONF'
listen_addresses = '*'
ssl = off
shared_buffers = 64MB
CONF
cat >"$root/etc/mysql/mariadb.conf.d/90-guest.cnf" <<'CONF'
[mariadb]
bind-address = 0.0.0.0
skip-name-resolve
innodb_buffer_pool_size = 64M
innodb_buffer_pool_size_max = 2G
innodb_log_file_size = 32M
CONF
chroot "$root" mariadbd --bootstrap --user=mysql --skip-log-error <"$recipe/mariadb.sql"

echo "guest image: services"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer systemd-timesyncd.service systemd-pstore.service getty@.service getty@tty1.service \
  serial-getty@.service systemd-networkd-wait-online.service systemd-update-utmp.service \
  systemd-update-utmp-runlevel.service systemd-hwdb-update.service systemd-journal-catalog-update.service \
  modprobe@drm.service modprobe@fuse.service modprobe@configfs.service modprobe@efi_pstore.service \
  dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
  modprobe@dm_mod.service modprobe@loop.service getty-static.service systemd-binfmt.service \
  proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount systemd-user-sessions.service \
  systemd-journal-flush.service systemd-sysusers.service systemd-random-seed.service dev-mqueue.mount \
  systemd-logind.service dbus.service rsync.service systemd-remount-fs.service systemd-sysctl.service \
  kmod-static-nodes.service systemd-tmpfiles-setup-dev.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
for package in "${@:2}"; do
  for unit in $(chroot "$root" dpkg -L "$package" | sed -n 's|^/lib/systemd/system/\([^/@]*\.service\)$|\1|p'); do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
done
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
# Generators run before anything else and find nothing here but PostgreSQL's cluster, which is named instead.
mkdir -p "$root/etc/systemd/system-generators" "$root/etc/systemd/system/postgresql.service.wants"
for generator in "$root"/usr/lib/systemd/system-generators/*; do
  ln -sf /dev/null "$root/etc/systemd/system-generators/$(basename "$generator")"
done
ln -sf /lib/systemd/system/postgresql@.service \
  "$root/etc/systemd/system/postgresql.service.wants/postgresql@15-main.service"
# What Debian does around a database's start is Perl and shell, seconds each under emulation: here the servers start
# directly, with the same arguments. Debian would also check every table for an upgrade; there is none to make.
drop_in() { mkdir -p "$root/etc/systemd/system/$1.d" && cat >"$root/etc/systemd/system/$1.d/guest.conf"; }
drop_in mariadb.service <<'CONF'
[Service]
ExecStartPre=
ExecStartPre=/bin/install -m 755 -o mysql -g root -d /run/mysqld
ExecStartPost=
CONF
drop_in postgresql@15-main.service <<'CONF'
[Service]
Type=notify
User=postgres
RuntimeDirectory=postgresql
RuntimeDirectoryMode=2775
ExecStart=
ExecStart=/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main -c config_file=/etc/postgresql/15/main/postgresql.conf
ExecReload=
ExecReload=/bin/kill -HUP $MAINPID
ExecStop=
KillMode=mixed
KillSignal=SIGINT
PIDFile=
CONF
drop_in systemd-udev-trigger.service <<'CONF'
[Service]
ExecStart=
ExecStart=/bin/udevadm trigger --type=devices --action=add --subsystem-match=block --subsystem-match=cpu --subsystem-match=memory --subsystem-match=virtio-ports
CONF
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' >"$root/etc/systemd/journald.conf.d/guest.conf"
echo guest >"$root/etc/hostname"
printf '127.0.0.1 localhost guest\n' >"$root/etc/hosts"
: >"$root/etc/fstab"
echo uninitialized >"$root/etc/machine-id"
chroot "$root" systemd-machine-id-setup >/dev/null 2>&1 || true
