import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisConnectionString } from 'nestjs-distributed-cache/redis';
import { SAMPLE, withoutRedis } from '../../tools/environment.mjs';
import { freePort } from '../../tools/ports.mjs';
import { type CacheStatus, type Product, request } from '../support/instances/sample-client.js';
import { usingRedis } from '../support/redis/using-redis.js';
import { everythingSaid } from '../support/secrets/everything-said.js';

const inRoot = (name: string): Promise<string> => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');

it('every connection string in .env.example is understood', async () => {
  const examples = Array.from((await inRoot('.env.example')).matchAll(/^# RedisConnectionString="(.*)"$/gm));
  expect(examples).toHaveLength(3);
  for (const [, text = ''] of examples) expect(parseRedisConnectionString(text).ignored).toEqual([]);
});

describe('one line of .env.example', () => {
  const redis = usingRedis();

  it('is the one that the guide to Azure App Service shows, and stands there once', async () => {
    const { commented, line } = await lineOfTheGuide();
    expect(commented).toBe(`# ${line}`);
    expect((await inRoot('.env.example')).split('\n').filter((each) => each === commented)).toHaveLength(1);
  });

  it('without its comment makes one instance several, and nothing else changes', async () => {
    const { commented, line } = await lineOfTheGuide();
    const example = await inRoot('.env.example');
    const alone = await start(example);
    expect(await alone.state()).toBe('local');
    expect(alone.output()).toContain('runs in local mode');

    const withRedis = example.replace(commented, line.replace(':6379', `:${redis.port}`));
    const [a, b] = [await start(withRedis), await start(withRedis)];
    expect([await a.state(), await b.state()]).toEqual(['coherent', 'coherent']);
    expect(a.output()).toContain('(from RedisConnectionString)');
    expect(await a.product()).toEqual(await alone.product());
  });
});

/** The line before and after, as the guide shows it. */
async function lineOfTheGuide(): Promise<{ readonly commented: string; readonly line: string }> {
  const [, commented = '', line = ''] =
    /```diff\n-(.+)\n\+(.+)\n```/.exec(await inRoot('docs/azure-app-service.md')) ?? [];
  return { commented, line };
}

interface Instance {
  output(): string;
  state(): Promise<string>;
  product(): Promise<Product>;
}

/** The built sample, in a directory whose `.env` has this content. */
async function start(dotEnv: string): Promise<Instance> {
  const directory = await mkdtemp(join(tmpdir(), 'environment-file-'));
  await writeFile(join(directory, '.env'), dotEnv);
  const port = await freePort();
  const env = { ...withoutRedis(process.env), PORT: `${port}`, DATABASE_FILE: join(directory, 'catalogue.sqlite') };
  const sample = fork(SAMPLE, { cwd: directory, env, silent: true });
  const exited = once(sample, 'exit');
  onTestFinished(async () => {
    sample.kill();
    await exited;
    everythingSaid.hear('the sample application', output);
    await rm(directory, { recursive: true });
  });

  let output = '';
  for (const stream of [sample.stdout, sample.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const ended = exited.then(([code]) => Promise.reject(new Error(`It ended (${code}):\n${output}`)));
  await Promise.race([once(sample, 'message'), ended]);
  ended.catch(() => undefined);

  const get = async <Body>(path: string): Promise<Body> =>
    (await request<Body>('GET', `http://127.0.0.1:${port}${path}`)).body;
  return {
    output: () => output,
    state: async () => (await get<CacheStatus>('/cache/status')).status.state,
    product: () => get('/products/1'),
  };
}
