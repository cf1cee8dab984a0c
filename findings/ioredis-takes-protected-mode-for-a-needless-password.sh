#!/usr/bin/env bash
# ioredis 6.0.0, Node.js 20. The server is imitated; it answers AUTH as Redis 7.0 in protected mode does.
#
# Seen: a client with a password finds "no password is set" in the refusal, writes "Redis server does not require a password" to the
# console, past any logger, and resolves connect() as if it were logged in.
# Expected: connect() rejects with the refusal, and the console stays silent.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0
cat > protected.mjs <<'JS'
import { createServer } from 'node:net';
import { Redis } from 'ioredis';

const DENIED =
  '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user.\r\n';
const written = [];
console.warn = (...parts) => written.push(parts.join(' '));
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.write(DENIED));
}).listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const options = { port, password: 'secret', protocol: 2, lazyConnect: true, retryStrategy: null };
  const client = new Redis({ ...options, enableReadyCheck: false, disableClientInfo: true });
  client.on('error', () => {});
  const outcome = await client.connect().then(() => 'connected', () => 'rejected');
  console.log(`${outcome}; console: ${written.join()}`);
  client.disconnect();
  server.close();
});
JS
seen=$(node protected.mjs)
echo "$seen"
[ "$seen" = 'connected; console: [WARN] Redis server does not require a password, but a password was supplied.' ] ||
  { echo 'The behaviour has changed.'; exit 1; }
