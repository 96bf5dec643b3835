#!/usr/bin/env bash
# Installs the Debian packages that a group of tasks needs. Idempotent: what is there already is left alone.
#
#   packaging/install-deps.sh build|demo|test|bench|lint [--dry-run]
#
# As a normal user it uses sudo; without sudo it prints the command to run and exits with 1.
set -euo pipefail

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }

build=(
  build-essential cmake ninja-build pkg-config ccache git ca-certificates
  libboost1.81-dev libboost-json1.81-dev libexpected-dev libtomlplusplus-dev libcli11-dev libfmt-dev
  libvirt-dev libhwloc-dev libpq-dev libmariadb-dev libhiredis-dev libsystemd-dev libsqlite3-dev libssl-dev
  libcctz-dev tzdata
  libgtest-dev libgmock-dev nodejs npm libtree-sitter-dev libyaml-cpp-dev libpugixml-dev libdw-dev zlib1g-dev libelf-dev
  python3
)
guest=(
  qemu-system-x86 qemu-utils libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients
  mmdebstrap e2fsprogs cpio python3 uidmap busybox-static kmod systemd libnss-wrapper
)
servers=(
  postgresql mariadb-server gunicorn nginx apache2-bin php-fpm haproxy redis-server memcached pgbouncer puma
  uwsgi-core uwsgi-plugin-python3 ruby openjdk-17-jdk-headless groff-base prometheus
  python3-celery python3-redis golang-go rustc erlang-base libtbb-dev
  chromium openssl
)

case "${1:-}" in
  build) packages=("${build[@]}") ;;
  demo) packages=("${build[@]}" "${guest[@]}") ;;
  test) packages=("${build[@]}" "${guest[@]}" "${servers[@]}") ;;
  bench) packages=("${build[@]}" "${guest[@]}" "${servers[@]}" libbenchmark-dev ripgrep) ;;
  lint) packages=("${build[@]}" clang clang-format clang-tidy) ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

if ! grep -qs '^ID=debian' /etc/os-release || ! grep -qs '^VERSION_ID="12"' /etc/os-release; then
  echo "install-deps: this script knows Debian 12 only; on another system install these yourself:" >&2
  echo "  ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  # A machine may carry Node.js from another archive; its npm comes inside the nodejs package.
  if [ "$package" = npm ] && command -v npm >/dev/null; then continue; fi
  [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install-deps: everything for '$1' is installed (${#packages[@]} packages)"
  exit 0
fi

command=(apt-get install --yes --no-install-recommends "${missing[@]}")
if [ "${2:-}" = --dry-run ]; then echo "${command[*]}"; exit 0; fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    printf 'install-deps: root rights are needed; run as root:\n  apt-get update && %s\n' "${command[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "install-deps: installing ${#missing[@]} Debian packages for '$1': ${missing[*]}"
# The tests start their own servers: a server that this script brings must not also start one of its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update --quiet=2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${command[@]}" --quiet=1
echo "install-deps: done"
