#!/usr/bin/env bash
# ioredis 5.11.1 and 6.0.0, Redis 7.0 (redis-server has to be installed), Node.js 20.
#
# Seen: on a connection with subscriptions, `ping()` resolves with ['pong', ''] in RESP2, and with 'PONG' in RESP3. Its type says 'PONG'.
# Expected: 'PONG' in both.
set -euo pipefail
folder=$(mktemp -d)
cd "$folder"
port=$(node -e "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
redis-server --port "$port" --bind 127.0.0.1 --save '' --logfile "$folder/redis.log" &
server=$!
trap 'kill "$server"; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis-5@npm:ioredis@5.11.1 ioredis-6@npm:ioredis@6.0.0
cat > ping.mjs <<'JS'
import { Redis as Redis5 } from 'ioredis-5';
import { Redis as Redis6 } from 'ioredis-6';

const port = Number(process.argv[2]);
for (const [name, Redis, protocol] of [['5', Redis5, 2], ['6', Redis6, 2], ['6', Redis6, 3]]) {
  const client = new Redis({ port, protocol });
  await client.subscribe('channel');
  console.log(`ioredis ${name}, RESP${protocol}: ${JSON.stringify(await client.ping())}`);
  client.disconnect();
}
JS
until redis-cli -p "$port" ping >/dev/null 2>&1; do :; done
seen=$(node ping.mjs "$port")
echo "$seen"
expected='ioredis 5, RESP2: ["pong",""]
ioredis 6, RESP2: ["pong",""]
ioredis 6, RESP3: "PONG"'
[ "$seen" = "$expected" ] || { echo 'This has changed.'; exit 1; }
