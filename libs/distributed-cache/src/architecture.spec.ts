import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';

const SOURCE = 'libs/distributed-cache/src';
const CRUISER = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const RULES = resolve('.dependency-cruiser.mjs');
const TIMEOUT = 30_000;

/** A folder, and one that it must not import from. */
const UPWARDS = [
  ['common', 'keys'],
  ['store', 'cache'],
  ['keys', 'protocol'],
  ['protocol', 'coherence'],
  ['coherence', 'redis'],
  ['redis', 'cache'],
  ['cache', 'redis'],
  ['decorators', 'module'],
  ['http', 'testing'],
  ['module', 'testing'],
] as const;

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** The rules that a library of these source files breaks, as `npm run lint:architecture` would say. */
async function brokenBy(sources: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'architecture-'));
  folders.push(folder);
  const files: Record<string, string> = { 'tsconfig.check.json': '{}' };
  for (const [path, text] of Object.entries(sources)) files[`${SOURCE}/${path}`] = text;
  for (const name of ['ioredis', '@nestjs/common', 'rxjs']) {
    files[`node_modules/${name}/package.json`] = JSON.stringify({ name, version: '1.0.0', main: 'index.js' });
    files[`node_modules/${name}/index.js`] = '';
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const output = await new Promise<string>((done) => {
    execFile(execPath, [CRUISER, '--config', RULES, SOURCE], { cwd: folder }, (_error, stdout) => done(stdout));
  });
  if (!output.includes('modules, ')) throw new Error(`dependency-cruiser did not run: ${output}`);
  return [...new Set(Array.from(output.matchAll(/error ([\w-]+):/g), ([, rule]) => String(rule)))].toSorted();
}

describe('The floors of the library', () => {
  it(
    'allow an import that goes down',
    async () => {
      const broken = await brokenBy({
        'store/entry.ts': 'export interface Entry { readonly key: string }',
        'cache/copies.ts': "import type { Entry } from '../store/entry.js'; export type Copy = Entry;",
      });
      expect(broken).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'refuse an import that goes up, of a type as well',
    async () => {
      const sources: Record<string, string> = {};
      for (const [from, to] of UPWARDS) {
        sources[`${to}/upper.ts`] = 'export type Upper = string;';
        sources[`${from}/lower.ts`] = `import type { Upper } from '../${to}/upper.js'; export type Lower = Upper;`;
      }
      expect(await brokenBy(sources)).toEqual(UPWARDS.map(([from]) => `floor-${from}`).toSorted());
    },
    TIMEOUT,
  );

  it(
    'refuse Nest, ioredis and rxjs in the folders that know neither the framework nor a client of Redis',
    async () => {
      const broken = await brokenBy({
        'coherence/nest.ts': "import '@nestjs/common';",
        'protocol/redis.ts': "import type { Redis } from 'ioredis'; export type Client = Redis;",
        'store/rx.ts': "import 'rxjs';",
      });
      expect(broken).toEqual(['pure-folders']);
    },
    TIMEOUT,
  );

  it(
    'refuse to load ioredis outside redis/, and two files that import each other',
    async () => {
      const broken = await brokenBy({
        'module/client.ts': "import { Redis } from 'ioredis'; export const client = Redis;",
        'cache/one.ts': "import type { Two } from './two.js'; export type One = Two | string;",
        'cache/two.ts': "import type { One } from './one.js'; export type Two = One | number;",
      });
      expect(broken).toEqual(['no-circle', 'redis-client-in-redis']);
    },
    TIMEOUT,
  );
});
