#!/usr/bin/env bash
# ioredis 6.0.0, Redis 7.0 (redis-server has to be installed; it is the sentinels as well), Node.js 20.
#
# Seen: after SENTINEL FAILOVER, with every process alive and reachable, the old primary goes on taking writes: in six runs for 10.4 to
# 11.1 s after the promotion, and for 10.0 to 10.1 s after all three sentinels named the new one. Then it becomes a replica, and what it
# took is gone.
# Expected: it refuses writes from the promotion on.
# For a client this means: a write that was answered with OK proves nothing about which server is the primary.
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

npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0
cat > failover.mjs <<'JS'
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const clients = process.argv.slice(2).map((port) => new Redis({ port: Number(port) }));
for (const client of clients) client.on('error', () => {});
const [first, second, ...sentinels] = clients;
const until = async (what, condition) => {
  for (const end = Date.now() + 60_000; !(await condition()); await sleep(20)) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}.`);
  }
};
const field = async (sentinel, name) => {
  const fields = await sentinel.call('SENTINEL', 'MASTER', 'main');
  return fields[fields.indexOf(name) + 1];
};
const names = async (sentinel, { options }) =>
  Number((await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main'))[1]) === options.port;

for (const sentinel of sentinels) await sentinel.call('SENTINEL', 'MONITOR', 'main', '127.0.0.1', first.options.port, 2);
for (const sentinel of sentinels) {
  await until('the sentinel knows the replica', async () => (await field(sentinel, 'num-slaves')) === '1');
  await until('the sentinel knows the others', async () => (await field(sentinel, 'num-other-sentinels')) === '2');
}
await first.set('before', 'value');
await first.wait(1, 10_000);
await until('the failover begins', () => sentinels[0].call('SENTINEL', 'FAILOVER', 'main').then(() => true, () => false));

const isPromoted = async () => (await second.role())[0] === 'master';
const areAgreed = async () => (await Promise.all(sentinels.map((sentinel) => names(sentinel, second)))).every(Boolean);
let promoted;
let agreed;
let refusal;
const accepted = [];
while (!refusal) {
  promoted ??= (await isPromoted()) ? Date.now() : undefined;
  agreed ??= promoted && (await areAgreed()) ? Date.now() : undefined;
  if (promoted && Date.now() > promoted + 60_000) break;
  const begun = Date.now();
  const key = `key ${accepted.length}`;
  const answer = await first.set(key, 'value').catch(({ message }) => message);
  if (answer === 'OK') accepted.push({ key, begun });
  else refusal = answer;
  await sleep(10);
}
const after = (time) => accepted.filter(({ begun }) => begun >= time);
const seconds = (time) => ((after(time).at(-1)?.begun ?? time) - time) / 1_000;
const measured = (time) => `${after(time).length} writes in ${seconds(time)} s`;
console.error(`taken after the promotion: ${measured(promoted)}`);
console.error(`taken after all sentinels named the new primary: ${measured(agreed)}, then: ${refusal}`);

await until('the old primary is a replica', async () => (await first.info('replication')).includes('master_link_status:up'));
const keys = after(promoted).map(({ key }) => key);
const kept = keys.length > 0 ? await first.exists(...keys) : 0;
const keptBefore = await first.exists('before');
console.log(`taken for more than a second: ${seconds(agreed) > 1}, kept of these: ${kept}, of what was before: ${keptBefore}`);
for (const client of clients) client.disconnect();
JS

first=$(free_port)
start "$first" --save ''
second=$(free_port)
start "$second" --save '' --replicaof "127.0.0.1 $first"
ports=()
for _ in 1 2 3; do
  port=$(free_port)
  touch "$port.conf"
  start "$port" "$port.conf" --sentinel
  ports+=("$port")
done
seen=$(node failover.mjs "$first" "$second" "${ports[@]}")
echo "$seen"
expected='taken for more than a second: true, kept of these: 0, of what was before: 1'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
