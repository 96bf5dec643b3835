#!/usr/bin/env bash
# Checks units, accounts and udev rules with systemd's own tools; any complaint fails, and an exposure above that of the
# table in docs/threat-model.md. The programs need not be installed: stand-ins take their place in a scratch root.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{usr/bin,etc/systemd/system,etc/sysusers.d}
for unit in "$here"/*.service; do
  program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$unit")
  install -m 755 /bin/true "$root$program"
  cp "$unit" "$root/etc/systemd/system/"
done
cp -r /lib/systemd/system/. "$root/etc/systemd/system/" 2>/dev/null || true
failed=0
for unit in "$here"/*.service; do
  complaints=$(systemd-analyze verify --man=no --recursive-errors=no --root="$root" "$(basename "$unit")" 2>&1) ||
    failed=1
  complaints=$(grep -v -e 'Failed to open /dev/tty0' <<<"$complaints" || true)
  if [ -n "$complaints" ]; then echo "$complaints"; failed=1; fi
done

# systemd-analyze counts in tenths.
for limit in dynascale-agent:25 dynascale-hostd:17; do
  unit=${limit%%:*}.service
  exposure=$(systemd-analyze security --offline=true --no-pager --threshold="${limit##*:}" "$here/$unit" 2>&1) ||
    { echo "$unit is exposed more than ${limit##*:} tenths:"; grep -v '^✓' <<<"$exposure"; failed=1; }
done

cp "$here/dynascale.sysusers" "$root/etc/sysusers.d/dynascale.conf"
accounts=$(systemd-sysusers --root="$root" --dry-run dynascale.conf 2>&1) || failed=1
grep -q "Creating user 'dynascale'" <<<"$accounts" || { echo "no account: $accounts"; failed=1; }

if udevadm verify --help >/dev/null 2>&1; then # systemd 254 and later
  udevadm verify "$here"/*.rules || failed=1
fi
exit $failed
