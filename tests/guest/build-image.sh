#!/usr/bin/env bash
# Builds the test guest: a Debian 12 root disk, its kernel and the base of its initramfs.
#
#   tests/guest/build-image.sh [FOLDER [PACKAGE...]]      (default: build/guest beside the sources)
#
# FOLDER/current holds root.img, vmlinuz and initrd.base. Nothing is done when they were made from the same recipe.
# PACKAGEs come on top of the recipe's; their services do not start by themselves.
# Works as root, or as a normal user where user namespaces are allowed (Debian's default). Packages stay in
# FOLDER/apt, so that the next build downloads only what is new.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
folder=${1:-$here/../../build/guest}
more=("${@:2}")
mkdir -p "$folder" && folder=$(readlink -f "$folder")
key=$(cat "$here/build-image.sh" "$here"/recipe/* "$here/../../systemd/dynascale.sysusers" - <<<"${more[*]}" | sha256sum | cut -c1-16)
final=$folder/$key

exec 9>"$folder/lock"
flock 9 # A second builder waits here and then finds the work done.
if [ -e "$final/complete" ]; then
  ln -sfn "$key" "$folder/current"
  echo "guest image: up to date ($final)"
  exit 0
fi

began=$SECONDS
say() { printf 'guest image: [%3d s] %s\n' $((SECONDS - began)) "$*"; }
work=$(mktemp -d "$folder/work.XXXXXX")
as_guest_root=()
if [ "$(id -u)" -ne 0 ]; then as_guest_root=(unshare --user --map-root-user --map-auto); fi
trap '"${as_guest_root[@]}" rm -rf "$work"' EXIT

# The mirrors that this machine uses for Debian 12, in apt's own words.
mapfile -t sources < <(apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
  awk '$1 == "Debian" && $2 ~ /^bookworm(-security|-updates)?$/ {print "deb " $3 " " $2 " main"}' | sort -u)
if ! printf '%s\n' "${sources[@]}" | grep -q ' bookworm main'; then
  sources=("deb http://deb.debian.org/debian bookworm main" "deb http://deb.debian.org/debian bookworm-updates main"
    "deb http://deb.debian.org/debian-security bookworm-security main")
fi
proxy=$(apt-config shell proxy Acquire::http::Proxy | sed -n "s/^proxy='\(.*\)'$/\1/p")
options=()
if [ -n "$proxy" ]; then options+=(--aptopt="Acquire::http::Proxy \"$proxy\";"); fi

say "Debian packages (about a minute and 200 MB the first time)"
mkdir -p "$folder/apt"
packages=$({ sed 's/#.*//' "$here/recipe/packages.list"; echo "${more[*]}"; } | xargs | tr ' ' ,)
printf '%s\n' "${sources[@]}" | mmdebstrap --quiet --variant=minbase --include="$packages" \
  --skip=essential/unlink "${options[@]}" \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/mysql/mysql-test/*' \
  --dpkgopt='force-unsafe-io' \
  --setup-hook='mkdir -p "$1/var/cache/apt/archives"' \
  --setup-hook="sync-in $folder/apt /var/cache/apt/archives" \
  --customize-hook="$here/recipe/customize.sh \"\$1\" ${more[*]}" \
  --customize-hook="sync-out /var/cache/apt/archives $folder/apt" \
  bookworm "$work/root.tar" - 2>"$work/log" || { tail -n 40 "$work/log" >&2; exit 1; }

say "root disk"
"${as_guest_root[@]}" bash "$here/recipe/pack.sh" "$work"
rm -rf "$work/root.tar" "$work/log"
touch "$work/complete"
# Older images go only now, when the new one is whole; overlays of a running guest keep their file open.
find "$folder" -maxdepth 1 -type d -regex '.*/[0-9a-f]+$' ! -name "$key" -exec rm -rf {} +
rm -rf "$final" && mv "$work" "$final" && chmod 755 "$final"
ln -sfn "$key" "$folder/current"
say "ready: $final ($(du -sh "$final" | cut -f1))"
