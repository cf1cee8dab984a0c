#!/usr/bin/env bash
# nestjs-pino 5.2.1 with pino 10.4.0, and nest-winston 2.0.0 with winston 3.19.0, with @nestjs/common 12.5.1.
#
# Seen: `logger.log('text', { field: 1 })`, which the console logger of Nest 12 writes as a line with fields, loses the field in nestjs-pino
# without a word: pino takes it for an argument of a placeholder that is not there. nest-winston takes the object for the context.
# Expected: the field is in the line, or an error.
# For a library this means: what it logs as fields has to be given to each of these loggers in another form.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund nestjs-pino@5.2.1 pino@10.4.0 pino-http@11.0.0 @nestjs/common@12.5.1 @nestjs/core@12.5.1 \
  nest-winston@2.0.0 winston@3.19.0 reflect-metadata@0.2.2 rxjs@7.8.2

cat >program.mjs <<'PROGRAM'
import 'reflect-metadata';
import { Writable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as nestPino from 'nestjs-pino';
import nestWinston from 'nest-winston';
import winston from 'winston';

const lines = [];
const stream = { write: (line) => lines.push(JSON.parse(line)) };
const app = await NestFactory.createApplicationContext(nestPino.LoggerModule.forRoot({ pinoHttp: [{}, stream] }), { logger: false });
app.useLogger(app.get(nestPino.Logger));
new Logger('Library').log('text', { field: 1 });
const byPino = lines.find(({ msg }) => msg === 'text');

const written = [];
const sink = new Writable({ write: (chunk, _, done) => (written.push(JSON.parse(String(chunk))), done()) });
const transport = new winston.transports.Stream({ stream: sink });
Logger.overrideLogger(nestWinston.WinstonModule.createLogger({ format: winston.format.json(), transports: [transport] }));
new Logger('Library').log('text', { field: 1 });
await new Promise((resolve) => setImmediate(resolve));
const byWinston = written.find(({ message }) => message === 'text');
console.log(JSON.stringify([byPino.context, 'field' in byPino, byWinston.context, 'field' in byWinston]));
process.exit(0);
PROGRAM
seen=$(node program.mjs)
echo "$seen"
expected='["Library",false,{"field":1},false]'
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed.'; exit 1; }
