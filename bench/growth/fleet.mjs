import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedCacheModule } from 'nestjs-distributed-cache';
import { freePort } from '../../tools/ports.mjs';
import { startApplication } from '../application/application.mjs';

/** @typedef {import('./curve.mjs').Curve} Curve */

const CALLS = 20;

/** The bytes that Redis sends. Every instance has used it before. @type {Curve} */
const everywhere = {
  id: 'growth/everywhere',
  by: 'instances',
  unit: 'bytes',
  sizes: [2, 6, 16, 48],
  rounds: 3,
  async prepare(size, { redis }) {
    const client = new Redis(redis.port);
    const options = { namespace: `everywhere:${size}`, maxStaleness: 300_000 };
    const start = () => startApplication({ redisConnectionString: redis.connectionString, options });
    await (await start()).app.close();
    await ageMemberList(client, options.namespace);
    /** @type {Awaited<ReturnType<typeof start>>[]} */
    const started = [];
    while (started.length < size) started.push(await start());
    for (const { cache } of started) await cache.region('products').evict('first', { everywhere: true });
    const region = started[0]?.cache.region('products');
    return {
      async cost() {
        const before = await bytesSent(client);
        for (let call = 0; call < CALLS; call += 1) await region?.evict(`${call}`, { everywhere: true });
        return ((await bytesSent(client)) - before) / CALLS;
      },
      async stop() {
        for (const { app } of started) await app.close();
        client.disconnect();
      },
    };
  },
};

/** No server listens, so each cache waits for it as long as a boot waits. @type {Curve} */
const bootWithoutRedis = {
  id: 'growth/boot',
  by: 'named caches',
  unit: 'ms',
  sizes: [1, 4, 16, 32],
  rounds: 3,
  async prepare(size) {
    const port = await freePort();
    return {
      async cost() {
        const modules = Array.from({ length: size }, (_, index) =>
          DistributedCacheModule.forRoot({
            name: `cache${index}`,
            redisConnectionString: `127.0.0.1:${port}`,
            cacheManager: false,
          }),
        );
        class BootModule {}
        Module({ imports: modules })(BootModule);
        const startedAt = performance.now();
        const app = await NestFactory.createApplicationContext(BootModule, { logger: false });
        const milliseconds = performance.now() - startedAt;
        await app.close();
        return milliseconds;
      },
    };
  },
};

export const FLEET_CURVES = [everywhere, bootWithoutRedis];

/**
 * Lets the server have known all members for a day. With a young list, each call would wait for leases as well.
 *
 * @param {Redis} client
 * @param {string} namespace
 */
async function ageMemberList(client, namespace) {
  const members = `{${namespace}}:members`;
  const marks = await client.zrangebyscore(members, '-inf', '(0', 'WITHSCORES');
  const run = marks.findIndex((mark) => /^\w+\/\w*$/.test(mark));
  await client.zadd(members, Number(marks[run + 1]) + 86_400_000, marks[run] ?? '');
}

/** @param {Redis} client */
async function bytesSent(client) {
  return Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))?.[1] ?? NaN);
}
