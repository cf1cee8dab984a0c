#!/usr/bin/env bash
# @nestjs/core 12.5.1, Node.js 20. Skipped from Node.js 24 on, where promises no longer hold a store.
#
# Seen: an application context of an empty module, created inside AsyncLocalStorage.run(), keeps the store in memory for as long as it is
# itself referenced, closed or not. On Node.js 20 a promise holds the stores of the context that it was made in, even when it has settled,
# and Nest keeps promises that it makes at boot.
# Expected: the store can be collected once the application has been created, as it can when run() makes an object without promises.
# For a library this means: a test that creates its application inside run() cannot tell whether the library holds the store.
set -euo pipefail
version=$(node --version)
major=${version#v}
[ "${major%%.*}" -lt 24 ] || { echo "Skipped: Node.js $version does not behave so, only versions before 24 do."; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @nestjs/core@12.5.1 @nestjs/common@12.5.1 rxjs@7.8.2 reflect-metadata@0.2.2
cat > store.mjs <<'JS'
import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

class Empty {}
Module({})(Empty);

const storage = new AsyncLocalStorage();
const inRun = async (make) => {
  const store = {};
  return { made: await storage.run(store, make), store: new WeakRef(store) };
};
const isHeld = async ({ store }) => {
  for (let turn = 0; turn < 20; turn += 1) {
    await setImmediate();
    globalThis.gc();
  }
  return store.deref() !== undefined;
};

const object = await inRun(async () => ({}));
const application = await inRun(() => NestFactory.createApplicationContext(Empty, { logger: false }));
const held = [`by an object: ${await isHeld(object)}`, `by an application: ${await isHeld(application)}`];
await application.made.close();
held.push(`after close(): ${await isHeld(application)}`);
application.made = undefined;
held.push(`after its release: ${await isHeld(application)}`);
console.log(`held ${held.join(', ')}`);
JS
seen=$(node --expose-gc store.mjs)
echo "Node.js $version: $seen"
expected='held by an object: false, by an application: true, after close(): true, after its release: false'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
