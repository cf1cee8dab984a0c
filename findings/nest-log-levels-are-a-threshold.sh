#!/usr/bin/env bash
# @nestjs/common 12.5.1, Node.js 20.
#
# Seen: 1. Without any setting every level is on, with NODE_ENV=production as well.
#       2. A list of levels is a threshold as well as a list: every level at or above its highest entry is on. So ['debug'] prints warnings
#          and errors, and ['error', 'debug'] prints debug and error, but neither `log` nor `warn`.
# Expected: the levels of the list, and no others.
# For a library this means: what it writes at `debug` appears in every application that has not chosen its levels, and its warnings are
# lost in one that chose ['error', 'debug'].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @nestjs/common@12.5.1 rxjs@7.8.2 reflect-metadata@0.2.2
cat > levels.mjs <<'JS'
import 'reflect-metadata';
import { Logger } from '@nestjs/common';

const enabled = () => ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'].filter((level) => Logger.isLevelEnabled(level)).join(' ');
console.log(`default: ${enabled()}`);
for (const levels of [['debug'], ['error', 'debug']]) {
  Logger.overrideLogger(levels);
  console.log(`${levels.join()}: ${enabled()}`);
}
JS
seen=$(NODE_ENV=production node levels.mjs)
echo "$seen"
expected='default: verbose debug log warn error fatal
debug: debug log warn error fatal
error,debug: debug error fatal'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
