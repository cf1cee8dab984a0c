#!/usr/bin/env bash
# cache-manager 7.2.9 with a store made by keyv 6.1.0, Node.js 20.
#
# Seen: three calls of wrap() load three times, although get() finds the value. cache-manager asks its stores with { raw: true }, an option
# of get() that Keyv 5 has and Keyv 6 no longer has. cache-manager itself depends on Keyv 5, and npm installs both beside each other
# without a word when an application depends on Keyv 6.
# Expected: one load.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cache-manager@7.2.9 keyv@6.1.0
cat > wrap.mjs <<'JS'
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';

const cache = createCache({ stores: [new Keyv()] });
let loads = 0;
for (let call = 0; call < 3; call += 1) await cache.wrap('key', async () => `load ${(loads += 1)}`, 60_000);
console.log(`loads: ${loads}, get: ${await cache.get('key')}`);
JS
seen=$(node wrap.mjs)
echo "$seen"
[ "$seen" = 'loads: 3, get: load 3' ] || { echo 'The behaviour has changed.'; exit 1; }
