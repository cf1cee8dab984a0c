#!/usr/bin/env bash
# autocannon 9.0.0, Node.js 20.
#
# Seen: a run of 100 requests (`amount`) has its last answer after a fraction of a second, and ends after a whole one: it looks for the end
# only when it takes a sample (`sampleInt`, 1 000 ms by default). So requests ÷ `duration` gives 100 a second for every server that needs
# less than a second, and two servers of which one is twice as fast look the same. `sampleInt: 20` ends the run in time.
# Expected: the run ends with its last answer, or `duration` does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund autocannon@9.0.0
cat > amount.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import autocannon from 'autocannon';

const server = createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;
const seen = async (options) => {
  const startedAt = performance.now();
  let lastAnswer = 0;
  const running = autocannon({ url, connections: 10, amount: 100, ...options });
  running.on('response', () => (lastAnswer = performance.now() - startedAt));
  const { duration } = await running;
  return { duration, lastAnswer };
};
await seen({});
const whole = await seen({});
const fine = await seen({ sampleInt: 20 });
server.close();
console.log(`last answer ${whole.lastAnswer < 800 ? 'before 0.8 s' : 'late'}, duration ${whole.duration >= 0.95 ? 'a second' : 'less'}`);
console.log(`sampleInt 20: duration ${fine.duration < 0.8 ? 'less than 0.8 s' : 'more'}`);
JS
seen=$(node amount.mjs)
echo "$seen"
expected='last answer before 0.8 s, duration a second
sampleInt 20: duration less than 0.8 s'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
