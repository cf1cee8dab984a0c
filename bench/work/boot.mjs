import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { startApplication } from '../application/application.mjs';
import { compared } from '../measure/compared.mjs';

/**
 * The start of an application context with the module, and with a client of Redis in its place, once all code has been imported.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function boot({ redis, effort }) {
  /** In ms. @type {{ bare: number[], ours: number[] }} */
  const figures = { bare: [], ours: [] };
  for (let round = -2; round < effort.manyRounds; round += 1) {
    const bare = await timed(() => startWithClient(redis.port));
    const ours = await timed(
      async () => (await startApplication({ redisConnectionString: redis.connectionString })).app,
    );
    if (round < 0) continue;
    figures.bare.push(bare);
    figures.ours.push(ours);
  }
  return { rows: { 'boot/client': compared(figures.ours, figures.bare) } };
}

/**
 * An application whose one provider is a client of Redis, which has been answered once.
 *
 * @param {number} port
 */
function startWithClient(port) {
  const useFactory = async () => {
    const client = new Redis(port);
    await client.ping();
    return Object.assign(client, { onApplicationShutdown: () => client.disconnect() });
  };
  class ClientModule {}
  Module({ providers: [{ provide: Redis, useFactory }] })(ClientModule);
  return NestFactory.createApplicationContext(ClientModule, { logger: ['error'] });
}

/**
 * @param {() => Promise<import('@nestjs/common').INestApplicationContext>} start
 * @returns {Promise<number>} ms
 */
async function timed(start) {
  const startedAt = performance.now();
  const app = await start();
  const milliseconds = performance.now() - startedAt;
  await app.close();
  return milliseconds;
}
