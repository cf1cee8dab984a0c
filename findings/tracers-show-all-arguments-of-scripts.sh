#!/usr/bin/env bash
# @opentelemetry/redis-common 0.38.3 (of @opentelemetry/instrumentation-ioredis 0.71.0), ioredis 6.0.0 and 5.11.1. Needs no Redis server.
#
# Seen: of SET, only the key is put into a span, and of commands that are not known nothing. Of EVAL and EVALSHA all arguments are, keys
# and values alike. The tracing channel `ioredis:command` has the same list.
# Expected: of a script, at most its keys: only they are declared as such (`numkeys`), and anything may stand behind them.
# For a client this means: whatever it hands to a script can be read in the traces of the application.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @opentelemetry/redis-common@0.38.3 ioredis@6.0.0 ioredis-5@npm:ioredis@5.11.1

seen=$(node -e "
const { defaultDbStatementSerializer: shown } = require('@opentelemetry/redis-common');
const list = ['digest', '1', 'key', 'secret'];
console.log([
  shown('set', ['key', 'secret']),
  shown('unknown', ['secret']),
  shown('evalsha', list),
  ...['ioredis', 'ioredis-5'].map((name) => require('./node_modules/' + name + '/built/tracing.js').sanitizeArgs('evalsha', list).join(' ')),
].join(' | '));
")
echo "$seen"
expected='set key [1 other arguments] | unknown [1 other arguments] | evalsha digest 1 key secret | digest 1 key secret | digest 1 key secret'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
