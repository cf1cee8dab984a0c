#!/usr/bin/env bash
# @nestjs/core and @nestjs/microservices 12, Node.js 20.
#
# Seen: what a method without parameter decorators is called with depends on who calls it. A route handler is called with nothing at all; a
#       message handler is called with the payload and with the context of the transport, whether or not it declares a second parameter.
# Expected: one rule for both.
# For whatever wraps such a method this means: the arguments may hold objects of one request that the method has not asked for. A key made
# of all arguments then fails, or is another one for each message.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @nestjs/common@12.5.1 @nestjs/core@12.5.1 @nestjs/platform-express@12.5.1 \
  @nestjs/microservices@12.5.1 rxjs@7.8.2 reflect-metadata@0.2.2
cat > handlers.mjs <<'JS'
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';

class Handlers {
  // Neither declares more than it is given here; the second one is shown what else came.
  route() {
    return { given: arguments.length };
  }
  message(payload) {
    return { given: arguments.length, second: arguments[1]?.constructor.name };
  }
}
const decorate = (name, decorator) => {
  const descriptor = Object.getOwnPropertyDescriptor(Handlers.prototype, name);
  decorator(Handlers.prototype, name, descriptor);
};
decorate('route', Get('route'));
decorate('message', MessagePattern('message'));
Controller()(Handlers);
class AppModule {}
Module({ controllers: [Handlers] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
const options = { host: '127.0.0.1', port: 0 };
await app.listen(0, '127.0.0.1');
console.log(`route: ${await (await fetch(`${await app.getUrl()}/route`)).text()}`);

const { createServer } = await import('node:net');
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
const service = await NestFactory.createMicroservice(AppModule, {
  transport: Transport.TCP,
  options: { ...options, port },
  logger: false,
});
await service.listen();
const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { ...options, port } });
console.log(`message: ${JSON.stringify(await firstValueFrom(client.send('message', { id: 1 })))}`);
await client.close();
await service.close();
await app.close();
JS
seen=$(node handlers.mjs)
echo "$seen"
expected='route: {"given":0}
message: {"given":2,"second":"TcpContext"}'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
