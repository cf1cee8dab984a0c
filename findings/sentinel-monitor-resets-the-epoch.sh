#!/usr/bin/env bash
# Redis 7.0 (redis-server has to be installed; it is the sentinel as well).
#
# Seen: a failover raises the config-epoch that a sentinel reports. After SENTINEL REMOVE and SENTINEL MONITOR under the same name it
# reports 0 again, and after the next failover 2: it has not forgotten how far it had counted.
# Expected: the epoch of a name never falls.
# For a client this means: of two answers, the one with the greater epoch may be the older one, so the epoch alone does not order them.
set -euo pipefail
folder=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"

free_port() {
  node -e "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })"
}
# start <port> <arguments of redis-server>
start() {
  redis-server "${@:2}" --port "$1" --bind 127.0.0.1 --dir "$folder" --logfile "$folder/$1.log" &
  servers+=($!)
  until redis-cli -p "$1" ping >/dev/null 2>&1; do
    kill -0 "${servers[-1]}"
    sleep 0.1
  done
}
# eventually <command>: waits until it succeeds, for at most 60 s
eventually() {
  local end=$((SECONDS + 60))
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || { echo "Waited in vain for: $*"; exit 1; }
    sleep 0.2
  done
}
# field <name>: of what the sentinel reports
field() { redis-cli -p "$sentinel" sentinel master main | grep -A1 -x "$1" | tail -n 1; }
named() { redis-cli -p "$sentinel" sentinel get-master-addr-by-name main | tail -n 1; }
is_primary() { [ "$(named)" = "$1" ] && [ "$(field flags)" = master ]; }
is_replica() { redis-cli -p "$1" info replication | grep -q master_link_status:up; }
failover() { [ "$(redis-cli -p "$sentinel" sentinel failover main)" = OK ]; }
monitor() { redis-cli -p "$sentinel" sentinel monitor main 127.0.0.1 "$1" 1 >/dev/null; }

first=$(free_port)
start "$first" --save ''
second=$(free_port)
start "$second" --save '' --replicaof "127.0.0.1 $first"
eventually is_replica "$second"
sentinel=$(free_port)
touch sentinel.conf
start "$sentinel" sentinel.conf --sentinel
monitor "$first"
seen="at first: $(field config-epoch)"

eventually failover
eventually is_primary "$second"
seen+=", after a failover: $(field config-epoch)"
eventually is_replica "$first"

redis-cli -p "$sentinel" sentinel remove main >/dev/null
monitor "$second"
seen+=", after REMOVE and MONITOR: $(field config-epoch)"

eventually failover
eventually is_primary "$first"
seen+=", after another failover: $(field config-epoch)"
echo "$seen"
expected='at first: 0, after a failover: 1, after REMOVE and MONITOR: 0, after another failover: 2'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
