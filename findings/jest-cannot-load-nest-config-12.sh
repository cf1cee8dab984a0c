#!/usr/bin/env bash
# @nestjs/config 12.0.1, @nestjs/common 11, Jest 30, Node.js 20.19 to 24.8.
#
# Seen: @nestjs/config 12 is an ES module whose peer range allows Nest 11. Node.js loads it with `require` from CommonJS without a word, so an
#       application of Nest 11 runs with it. Its Jest does not: a suite that touches it fails with "Must use import to
#       load ES Module" (before Node.js 24.9, from which on Jest can load such a module).
# Expected: what runs can be tested, or the peer range says Nest 12.
# For an application of Nest 11 this means: @nestjs/config 4.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --legacy-peer-deps @nestjs/config@12.0.1 @nestjs/common@11 @nestjs/core@11 jest@30 \
  rxjs@7.8.2 reflect-metadata@0.2.2
cat > load.cjs <<'JS'
require('reflect-metadata');
console.log(typeof require('@nestjs/config').ConfigModule);
JS
cat > load.test.js <<'JS'
require('reflect-metadata');
test('loads', () => expect(typeof require('@nestjs/config').ConfigModule).toBe('function'));
JS
echo "node: $(node load.cjs 2>/dev/null)"
seen=$(npx jest --no-color 2>&1 || true)
grep -o 'Must use import to load ES Module' <<< "$seen" | head -1
[ "$(node load.cjs 2>/dev/null)" = function ] && grep -q 'Must use import to load ES Module' <<< "$seen" || { echo 'The behaviour has changed.'; exit 1; }
