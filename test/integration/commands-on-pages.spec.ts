import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../../tools/repository.mjs';
import { eventually } from '../support/common/eventually.js';
import { runCommand } from '../support/instances/command-line.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

const PROGRAM = 'npx nestjs-distributed-cache ';
/** They run until they are interrupted. */
const LASTING = ['top', 'watch'];

const pages = [
  'README.md',
  'SECURITY.md',
  ...readdirSync(inRepository('docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** What the pages show behind the name of the program: in blocks, in tables and in sentences. `…` stands for what the reader has. */
const commands = [
  ...new Set(
    pages
      .flatMap((page) =>
        Array.from(readFileSync(inRepository(page), 'utf8').matchAll(/npx nestjs-distributed-cache ([^`|\n…]*)/g)),
      )
      .map(([, command = '']) => command.trim())
      .filter((command) => command !== ''),
  ),
];

const redis = usingRedis();

describe('a command that the documentation shows', () => {
  it.each(commands)(`is one that works: ${PROGRAM}%s`, async (command) => {
    const { a } = await instances(2).on(redis).with({ maxStaleness: '1s' }).connected();
    for (const key of ['1', '42']) await a.region('products').getOrLoad(key, () => key);
    const args = command.replace(/--idle 60s/, '--idle 1s').split(' ');
    const running = runCommand([...args, '--redis', redis.connectionString, '--namespace', a.status().namespace]);
    if (LASTING.includes(args[0] ?? '')) {
      await eventually(() => {
        if (running.out() + running.error() === '') throw new Error('It has not printed anything yet.');
      });
      running.interrupt();
    }
    expect({ code: await running.code, error: running.error() }).toMatchObject({ code: 0 });
  });
});
