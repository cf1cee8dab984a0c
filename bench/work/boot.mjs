import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { startApplication } from '../application/application.mjs';
import { median, spread } from '../measure/statistics.mjs';

/** An application context until it is initialised, once all modules are imported. @param {import('../run.mjs').Work} work */
export async function boot({ redis, effort }) {
  const figures = { ours: [], theirs: [] };
  for (let round = -2; round < effort.manyRounds; round += 1) {
    const theirs = await timed(() => {
      class EmptyModule {}
      Module({})(EmptyModule);
      return NestFactory.createApplicationContext(EmptyModule, { logger: ['error'] });
    });
    const ours = await timed(
      async () => (await startApplication({ redisConnectionString: redis.connectionString })).app,
    );
    if (round < 0) continue;
    figures.ours.push(ours);
    figures.theirs.push(theirs);
  }
  const more = figures.ours.map((figure, round) => figure - figures.theirs[round]);
  return { rows: { 'boot/more': { ours: median(more), spread: spread(more) } } };
}

async function timed(start) {
  const startedAt = performance.now();
  const app = await start();
  const milliseconds = performance.now() - startedAt;
  await app.close();
  return milliseconds;
}
