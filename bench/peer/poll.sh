#!/bin/bash
# What people write today: once a second the CPU time of all guests; a guest whose vCPUs were busy for more than PERCENT of
# the second gets one more, up to MOST. One virsh for all guests a second is the cheapest that such a loop can be.
#
#   poll.sh URI MOST PERCENT
URI=$1 MOST=$2 PERCENT=$3
declare -A before
while true; do
  started=$(date +%s%N)
  while read -r name vcpus used; do
    last=${before[$name]:-}
    before[$name]="$started $used"
    [ -n "$last" ] || continue
    read -r last_time last_used <<< "$last"
    percent=$(( (used - last_used) * 100 / ((started - last_time) * vcpus) ))
    if [ "$percent" -gt "$PERCENT" ] && [ "$vcpus" -lt "$MOST" ]; then
      virsh -q -c "$URI" setvcpus "$name" $((vcpus + 1)) --live
    fi
  done < <(virsh -q -c "$URI" domstats --cpu-total --vcpu --balloon | awk -F= '
    /^Domain:/ { name = $0; gsub(/Domain: |'"'"'/, "", name) }
    /cpu.time=/ { used = $2 }
    /vcpu.current=/ { vcpus = $2 }
    /^$/ && name != "" { print name, vcpus, used; name = "" }
    END { if (name != "") print name, vcpus, used }')
  sleep 1
done
