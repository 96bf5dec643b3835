#!/bin/bash
# Turns WORK/root.tar into WORK/root.img, WORK/vmlinuz and WORK/initrd.base. Run as root, or as root of a user
# namespace, so that the files of the guest keep their owners.
set -euo pipefail
work=$1
recipe=$(dirname "$(readlink -f "$0")")
tree=$work/tree
mkdir "$tree"
tar -x --numeric-owner -C "$tree" --exclude='./dev/*' --exclude='./var/cache/apt/archives/*.deb' \
  --exclude='./var/lib/apt/lists/*' -f "$work/root.tar"
cp "$tree/boot/vmlinuz" "$work/vmlinuz"

release=$(basename "$tree"/usr/lib/modules/*)
ram=$work/ram
mkdir -p "$ram"/{bin,proc,sys,dev,root,"lib/modules/$release"}
install -m 755 "$tree/bin/busybox" "$ram/bin/busybox"
for applet in sh mount umount modprobe ifconfig cp sleep switch_root echo; do ln -s busybox "$ram/bin/$applet"; done
sed -n 's/^boot //p' "$recipe/modules.list" >"$ram/boot-modules"
cp -a "$tree/usr/lib/modules/$release/." "$ram/lib/modules/$release/"
install -m 755 "$recipe/init" "$ram/init"
(cd "$ram" && find . | cpio --quiet --create --format=newc --owner=0:0) >"$work/initrd.base"

truncate -s 3G "$work/root.img"
mke2fs -q -t ext4 -L guest -J size=16 -E lazy_itable_init=1,lazy_journal_init=1 -m 0 -d "$tree" "$work/root.img"
rm -rf "$tree" "$ram"
