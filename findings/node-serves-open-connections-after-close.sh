#!/usr/bin/env bash
# @nestjs/core and @nestjs/platform-express 12.5.1, Node.js 20.
#
# Seen: after `server.close()`, Node goes on serving requests on connections that were busy at that moment, and says `Connection: keep-alive`
#       in its answers. So `app.close()` of a Nest application ends when the client stops, however long that takes. With `Connection: close`
#       in the answers from then on, it ends with the requests that run.
# Expected: answers after `close()` say `Connection: close`, as those of Fastify do.
# For a library this means: its hooks of the shutdown run late or, if the process is killed meanwhile, not at all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @nestjs/common@12.5.1 @nestjs/core@12.5.1 @nestjs/platform-express@12.5.1 rxjs@7.8.2 \
  reflect-metadata@0.2.2
cat > close.mjs <<'JS'
import 'reflect-metadata';
import { Agent, get } from 'node:http';
import { setTimeout as later } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const LOAD_FOR = 3_000;

/** How long `app.close()` takes under the load of a client that keeps its connection, and what the answers meanwhile say. */
async function close(sendsClose) {
  class AppModule {}
  Module({})(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  let isClosing = false;
  app.use(async (_request, response) => {
    if (isClosing && sendsClose) response.setHeader('Connection', 'close');
    await later(20);
    response.end();
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answered = () =>
    new Promise((resolve, reject) => {
      get({ port, agent }, (response) => response.resume().on('end', () => resolve(response.headers.connection))).on('error', reject);
    });
  await answered();
  const says = new Set();
  const running = answered();
  await later(10);
  const since = Date.now();
  isClosing = true;
  const closed = app.close();
  let refused = false;
  await running;
  while (!refused && Date.now() - since < LOAD_FOR) {
    await answered().then((header) => says.add(header), () => (refused = true));
  }
  const isOpen = !refused;
  agent.destroy();
  await closed;
  console.log(`${sendsClose ? 'with Connection: close' : 'as it is'}: ${isOpen ? 'served until the client stopped' : 'ended'}, ${[...says]}`);
}
await close(false);
await close(true);
JS
seen=$(node close.mjs)
echo "$seen"
expected='as it is: served until the client stopped, keep-alive
with Connection: close: ended, close'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
