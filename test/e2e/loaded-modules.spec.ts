import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Boots an application with the built package in a process of its own, uses the cache, and lists the CommonJS modules that it loaded. */
const APPLICATION = `
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedCache, DistributedCacheModule } from 'nestjs-distributed-cache';
const options = OPTIONS;
class AppModule {}
Module({ imports: [DistributedCacheModule.forRoot(options)] })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const cache = app.get(DistributedCache);
await cache.region('products').getOrLoad('42', () => 'chair');
await cache.region('products').evict('42');
const { state } = cache.status();
await app.close();
console.log(JSON.stringify({ state, paths: Object.keys(createRequire(import.meta.url).cache) }));
`;

interface Loaded {
  readonly state: string;
  readonly paths: readonly string[];
}

/** @param options - as an expression */
async function loadedWith(options: string, imports = ''): Promise<Loaded> {
  const script = imports + APPLICATION.replace('OPTIONS', () => options);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] },
  });
  const loaded: Loaded = JSON.parse(stdout);
  return loaded;
}

function ofIoredis({ paths }: Loaded): readonly string[] {
  return paths.filter((path) => /[\\/]ioredis[\\/]/.test(path));
}

describe('the built package', () => {
  it('loads no ioredis in local mode', async () => {
    const loaded = await loadedWith('{}');
    expect(loaded.state).toBe('local');
    expect(loaded.paths).not.toEqual([]);
    expect(ofIoredis(loaded)).toEqual([]);
  });

  it("loads no ioredis in local mode by redisConnectionString: '', whatever options are to be merged", async () => {
    const loaded = await loadedWith("{ redisConnectionString: '', redis: { keepAlive: 1_000 } }");
    expect(loaded.state).toBe('local');
    expect(ofIoredis(loaded)).toEqual([]);
  });

  it('loads no ioredis with a bridge of the application', async () => {
    const loaded = await loadedWith(
      '{ bridge: new InMemoryInvalidationBridge() }',
      "import { InMemoryInvalidationBridge } from 'nestjs-distributed-cache/testing';",
    );
    expect(loaded.state).toBe('coherent');
    expect(ofIoredis(loaded)).toEqual([]);
  });

  it('loads neither Express nor Fastify for cached responses', async () => {
    const loaded = await loadedWith('{}', "import { HttpCache } from 'nestjs-distributed-cache/http'; HttpCache();");
    expect(loaded.state).toBe('local');
    expect(
      loaded.paths.filter((path) => /[\\/](?:express|fastify|platform-express|platform-fastify)[\\/]/.test(path)),
    ).toEqual([]);
    expect(ofIoredis(loaded)).toEqual([]);
  });

  it('loads neither Express nor Fastify, nor anything of the page, for the dashboard', async () => {
    const loaded = await loadedWith(
      '{}',
      "import { DistributedCacheDashboardModule } from 'nestjs-distributed-cache/dashboard'; DistributedCacheDashboardModule.forRoot();",
    );
    expect(
      loaded.paths.filter((path) =>
        /[\\/](?:express|fastify|platform-express|platform-fastify|preact|uplot)[\\/]/.test(path),
      ),
    ).toEqual([]);
    expect(ofIoredis(loaded)).toEqual([]);
  });

  it('loads ioredis to connect to Redis', async () => {
    // Nothing listens on this port.
    const loaded = await loadedWith("{ redisConnectionString: 'redis://127.0.0.1:1' }");
    expect(loaded.state).toBe('disconnected');
    expect(ofIoredis(loaded)).not.toEqual([]);
  });
});
