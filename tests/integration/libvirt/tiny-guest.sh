#!/usr/bin/env bash
# Builds the smallest guest that virtio devices can be tried on: Debian's cloud kernel and a busybox initramfs.
#
#   tests/integration/libvirt/tiny-guest.sh FOLDER
#
# FOLDER/vmlinuz and FOLDER/initrd are the result; nothing is done when they are there, made by this same script.
set -euo pipefail

folder=${1:?usage: tiny-guest.sh FOLDER}
mkdir -p "$folder" && folder=$(readlink -f "$folder")
key=$(sha256sum < "$0" | cut -c1-16)
exec 9> "$folder/lock"
flock 9
if [ "$(cat "$folder/key" 2>/dev/null)" = "$key" ]; then exit 0; fi

work=$(mktemp -d "$folder/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
image=$(apt-cache depends --important linux-image-cloud-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ {print $2; exit}')
[ -n "$image" ] || { echo "tiny-guest: apt knows no linux-image-cloud-amd64; run apt-get update" >&2; exit 1; }
echo "tiny-guest: downloading $image (about 30 MB)"
apt-get download --quiet=2 -o APT::Sandbox::User=root "$image" qemu-guest-agent
dpkg -x "$image"_*.deb kernel
dpkg -x qemu-guest-agent_*.deb guest-agent
version=$(basename kernel/lib/modules/*)
depmod -b kernel "$version"

root=$work/root
mkdir -p "$root"/{bin,dev,proc,run,sys}
install -m 755 /bin/busybox "$root/bin/busybox"
install -m 755 guest-agent/usr/sbin/qemu-ga "$root/bin/qemu-ga"
ldd guest-agent/usr/sbin/qemu-ga | grep -o '/[^ ]*' | while read -r library; do
  install -D -m 755 "$library" "$root$library"
done
modules=(virtio_pci virtio_console virtio_balloon virtio_mem)
modprobe --dirname kernel --set-version "$version" --show-depends --all "${modules[@]}" |
  awk '$1 == "insmod" {print $2}' | awk '!seen[$0]++' > order
index=0
while read -r module; do
  install -D -m 644 "$module" "$(printf '%s/modules/%02d-%s' "$root" "$index" "$(basename "$module")")"
  index=$((index + 1))
done < order

cat > "$root/init" <<'INIT'
#!/bin/busybox sh
# Brings vCPUs and memory online as they come, answers on the agent's channel, and runs qemu-ga where there is its
# channel. What else is told on the agent's channel: resize_intent parks vCPUs, resize_abort reboots, and "hang",
# "continue" and "left alone" are for qemu-ga's tests: it stops, goes on, and vCPUs are left as they are.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
echo online_movable > /sys/devices/system/memory/auto_online_blocks # can be unplugged again
echo 64 > /run/vcpus
(
  told=
  while :; do
    allowed=$(cat /run/vcpus)
    for cpu in /sys/devices/system/cpu/cpu[1-9]*; do
      online=0
      [ "${cpu##*/cpu}" -ge "$allowed" ] || online=1
      [ "$allowed" = as-it-is ] || [ "$(cat "$cpu/online" 2>/dev/null)" = "$online" ] || echo "$online" > "$cpu/online"
    done
    now="online $(cat /sys/devices/system/cpu/online), present $(cat /sys/devices/system/cpu/present)"
    [ "$now" = "$told" ] || echo "tiny-guest: vCPUs $now"
    told=$now
    usleep 200000
  done
) 2>/dev/null &
port_of() {
  for name in /sys/class/virtio-ports/*/name; do
    [ "$(cat "$name" 2>/dev/null)" != "$1" ] || echo "/dev/$(basename "$(dirname "$name")")"
  done
}
port=
while [ -z "$port" ]; do
  port=$(port_of org.dynascale.agent.0)
  usleep 100000
done
guest_agent=$(port_of org.qemu.guest_agent.0)
[ -z "$guest_agent" ] || qemu-ga --method=virtio-serial --path="$guest_agent" --statedir=/run &
echo "tiny-guest: ready"
boot_id=$(cat /proc/sys/kernel/random/boot_id)
while :; do
  exec 3<> "$port"
  while read -r line <&3; do
    case $line in
      *'"type":"sync"'*)
        nonce=${line##*\"nonce\":}
        echo "{\"type\":\"sync_reply\",\"nonce\":${nonce%%[!0-9]*}}" >&3
        echo "{\"type\":\"hello\",\"versions\":{\"min\":1,\"max\":1},\"program\":\"tiny-guest\",\"boot_id\":\"$boot_id\",\"capabilities\":[]}" >&3
        ;;
      *'"type":"heartbeat"'*)
        echo "{\"type\":\"report\",\"sequence\":1,\"vcpus_present\":[0],\"vcpus_online\":[$(cat /sys/devices/system/cpu/online | sed 's/-.*//')],\"applications\":[]}" >&3
        ;;
      *'"type":"resize_intent"'*)
        vcpus=${line##*\"vcpus\":}
        echo "${vcpus%%[!0-9]*}" > /run/vcpus
        ;;
      *'"type":"resize_abort"'*) reboot -f ;;
      hang) killall -STOP qemu-ga ;;
      continue) killall -CONT qemu-ga ;;
      "left alone") echo as-it-is > /run/vcpus ;;
    esac
  done
  exec 3>&-
  usleep 200000
done
INIT
chmod 755 "$root/init"
(cd "$root" && find . | cpio --quiet --create --format=newc | gzip -1) > initrd
mv initrd "$folder/initrd"
mv kernel/boot/vmlinuz-* "$folder/vmlinuz"
chmod 644 "$folder/vmlinuz" "$folder/initrd"
echo "$key" > "$folder/key"
