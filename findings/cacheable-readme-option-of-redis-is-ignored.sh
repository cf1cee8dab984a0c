#!/usr/bin/env bash
# cacheable 2.5.0 with @qified/redis 0.10.1, Node.js 20.
#
# Seen: the README of cacheable gives the provider of its sync `connection: { host, port }`. The provider knows only `uri`, takes the
# other option without a word, and connects to localhost:6379: the instances of two environments on one machine hear each other, or none
# hears anything.
# Expected: an error, or the server that was named.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cacheable@2.5.0 @qified/redis@0.10.1 2>/dev/null
grep -q 'connection: { host:' node_modules/cacheable/README.md && echo 'the README says: connection'
cat > dial.mjs <<'JS'
import net from 'node:net';
import { RedisMessageProvider } from '@qified/redis';

// No server is needed: this only looks where the provider wants to go.
const ports = new Set();
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof options?.port === 'number' || typeof options?.port === 'string') ports.add(Number(options.port));
  return connect.apply(this, args);
};
process.on('uncaughtException', () => {});
for (const options of [{ connection: { host: '127.0.0.1', port: 7001 } }, { uri: 'redis://127.0.0.1:7002' }]) {
  ports.clear();
  new RedisMessageProvider(options).connect().catch(() => {});
  for (let round = 0; ports.size === 0 && round < 1000; round += 1) await new Promise((resolve) => setImmediate(resolve));
  console.log(`${Object.keys(options)}: dials port ${[...ports]}`);
}
process.exit();
JS
seen=$(node dial.mjs)
echo "$seen"
expected='connection: dials port 6379
uri: dials port 7002'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
