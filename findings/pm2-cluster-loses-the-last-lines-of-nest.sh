#!/usr/bin/env bash
# pm2 7.0.4, @nestjs/core 12.5.1, Node.js 20.
#
# Seen: in cluster mode PM2 replaces `write` of stdout and stderr inside the process by a write to a file stream, which is asynchronous.
#       Nest sends the signal to its own process as soon as the last shutdown hook is done. Of two lines that a hook logs, the second is
#       then in no file, and the first not always. In fork mode, where the process writes to a pipe, both arrive.
#       A hook that waits for the callback of its own write loses nothing.
# Expected: both lines, in both modes.
# For a library this means: a last word at the shutdown has to wait until the streams have taken it.
set -euo pipefail
folder=$(mktemp -d)
export PM2_HOME="$folder/pm2" PM2_DISABLE_VERSION_CHECK=true
trap 'node "$folder/node_modules/pm2/bin/pm2" kill >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts pm2@7.0.4 @nestjs/common@12.5.1 @nestjs/core@12.5.1 rxjs@7.8.2 reflect-metadata@0.2.2
cat > last-words.mjs <<'JS'
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

class LastWords {
  async onApplicationShutdown() {
    process.stderr.write('one line\n');
    const written = new Promise((resolve) => process.stderr.write('last words\n', resolve));
    if (process.env.WAITS === 'yes') await written;
  }
}
class Root {}
Module({ providers: [LastWords] })(Root);

const app = await NestFactory.createApplicationContext(Root, { logger: false });
app.enableShutdownHooks();
setInterval(() => {}, 60_000);
process.stdout.write('ready\n');
JS
pm2() { node node_modules/pm2/bin/pm2 "$@" >/dev/null 2>&1; }

# Starts ten processes, stops them, and prints how many of them have been heard.
heard() {
  local mode=$1 waits=$2 name="$1-$2"
  cat > apps.json <<JSON
{ "apps": [{ "name": "$name", "script": "last-words.mjs", "exec_mode": "$mode", "instances": 10, "merge_logs": true,
  "out_file": "$folder/$name.out", "error_file": "$folder/$name.err", "env": { "WAITS": "$waits" } }] }
JSON
  pm2 start apps.json
  for _ in $(seq 300); do
    [ "$(grep -c ready "$name.out" 2>/dev/null || true)" = 10 ] && break
    sleep 0.1
  done
  pm2 stop "$name"
  # The daemon writes for its processes in fork mode, and goes on after the command is done.
  sleep 2
  grep -c 'last words' "$name.err" || true
}

fork=$(heard fork no)
cluster=$(heard cluster no)
waiting=$(heard cluster yes)
echo "fork mode: $fork of 10, cluster mode: $cluster of 10, cluster mode with a hook that waits: $waiting of 10"
[ "$fork" = 10 ] && [ "$cluster" -lt 10 ] && [ "$waiting" = 10 ] || { echo 'The behaviour has changed.'; exit 1; }
