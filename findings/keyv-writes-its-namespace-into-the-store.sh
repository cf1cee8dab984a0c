#!/usr/bin/env bash
# keyv 5.6.0, Node.js 20.
#
# Seen: Keyv writes its namespace into the store that it is given, as `store.namespace`, and passes no namespace to `store.clear()`. With two
#       Keyv over one store object, the last one made decides: `clear()` of the first one clears the namespace of the second.
# Expected: each Keyv clears its own namespace.
# For an application this means: one store object for each Keyv. For an author of a store: hand out a new object for each.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund keyv@5.6.0
cat > clear.mjs <<'JS'
import { Keyv } from 'keyv';

/** A store that honours the namespace, as those for Redis and SQL do. */
class Store {
  values = new Map();
  namespace;
  get(key) {
    return this.values.get(key);
  }
  set(key, value) {
    this.values.set(key, value);
  }
  delete(key) {
    return this.values.delete(key);
  }
  clear() {
    for (const key of this.values.keys()) if (key.startsWith(`${this.namespace}:`)) this.values.delete(key);
  }
}

const store = new Store();
const [sessions, products] = ['sessions', 'products'].map((namespace) => new Keyv({ store, namespace }));
await sessions.set('1', 'a');
await products.set('1', 'b');
await sessions.clear();
console.log(`left after sessions.clear(): ${[...store.values.keys()].join()}`);
JS
seen=$(node clear.mjs)
echo "$seen"
[ "$seen" = 'left after sessions.clear(): sessions:1' ] || { echo 'The behaviour has changed.'; exit 1; }
