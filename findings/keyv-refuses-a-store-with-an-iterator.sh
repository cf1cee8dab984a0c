#!/usr/bin/env bash
# keyv 5.6.0, Node.js 20.
#
# Seen: `new Keyv({ store })` throws a TypeError about `includes` when the store has an `iterator` and an `opts` object that names neither a
#       dialect that Keyv knows (sqlite, postgres, mysql, mongo, redis, valkey, etcd) nor a `url`. With another dialect and any `url` it does
#       not throw, but the Keyv has no `iterator`; only with one of these words does it have one. The documentation asks of a store `get`,
#       `set`, `delete` and `clear`, and calls `iterator` optional.
# Expected: a store of another kind that has an iterator can be iterated over.
# For an author of a store this means: to be iterable, it has to name one of these dialects.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund keyv@5.6.0
cat > iterate.mjs <<'JS'
import { Keyv } from 'keyv';

class Store {
  #values = new Map();
  constructor(opts) {
    this.opts = opts;
  }
  get(key) {
    return this.#values.get(key);
  }
  set(key, value) {
    this.#values.set(key, value);
  }
  delete(key) {
    return this.#values.delete(key);
  }
  clear() {
    this.#values.clear();
  }
  async *iterator() {
    yield* this.#values;
  }
}

for (const opts of [{}, { dialect: 'memory' }, { dialect: 'memory', url: 'memory:' }, { dialect: 'redis' }]) {
  try {
    const keyv = new Keyv({ store: new Store(opts) });
    await keyv.set('a', 1);
    const keys = [];
    if (keyv.iterator) for await (const [key] of keyv.iterator()) keys.push(key);
    console.log(`${JSON.stringify(opts)}: ${keyv.iterator ? `lists ${keys.join()}` : 'no iterator'}`);
  } catch (error) {
    console.log(`${JSON.stringify(opts)}: ${error.name}`);
  }
}
JS
seen=$(node iterate.mjs)
echo "$seen"
expected='{}: TypeError
{"dialect":"memory"}: TypeError
{"dialect":"memory","url":"memory:"}: no iterator
{"dialect":"redis"}: lists a'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
