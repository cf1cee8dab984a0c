import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { startApplication } from '../application/application.mjs';
import { median, spread } from '../../tools/statistics.mjs';

/**
 * The time that the module adds to the start of an application context, once all code has been imported.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function boot({ redis, effort }) {
  /** @type {number[]} */
  const added = [];
  for (let round = -2; round < effort.manyRounds; round += 1) {
    const without = await timed(() => {
      class EmptyModule {}
      Module({})(EmptyModule);
      return NestFactory.createApplicationContext(EmptyModule, { logger: ['error'] });
    });
    const withModule = await timed(
      async () => (await startApplication({ redisConnectionString: redis.connectionString })).app,
    );
    if (round >= 0) added.push(withModule - without);
  }
  return { rows: { 'boot/more': { ours: median(added), spread: spread(added) } } };
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
