#!/usr/bin/env bash
# ioredis 6.0.0, Redis 7.0 (redis-server has to be installed), Node.js 20.
#
# Seen: a client with `db: 5` on a server of two databases emits the error of SELECT, resolves connect(), becomes `ready`, and writes to
# database 0. A caller that only waits for connect() or `ready` works in a database that it did not ask for.
# Expected: connect() rejects.
set -euo pipefail
folder=$(mktemp -d)
cd "$folder"
port=$(node -e "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
redis-server --port "$port" --bind 127.0.0.1 --databases 2 --save '' --logfile "$folder/redis.log" &
server=$!
trap 'kill "$server"; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0
cat > select.mjs <<'JS'
import { Redis } from 'ioredis';

const port = Number(process.argv[2]);
const errors = [];
const client = new Redis({ port, db: 5, lazyConnect: true, retryStrategy: null });
client.on('error', ({ message }) => errors.push(message));
await client.connect();
const { status } = client;
await client.set('key', 'value');
const other = new Redis({ port, db: 0 });
console.log(`status: ${status}, error: ${errors.join()}, in database 0: ${await other.get('key')}`);
client.disconnect();
other.disconnect();
JS
until redis-cli -p "$port" ping >/dev/null 2>&1; do :; done
seen=$(node select.mjs "$port")
echo "$seen"
[ "$seen" = 'status: ready, error: ERR DB index is out of range, in database 0: value' ] || { echo 'The behaviour has changed.'; exit 1; }
