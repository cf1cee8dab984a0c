import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startApplication } from '../application/application.mjs';
import { startPrivateRedis } from '../../tools/redis.mjs';

const INSTANCES = [2, 4, 8, 16];
const MAX_STALENESS = 300;

/** @typedef {import('../report/redis-work.mjs').RedisWork} RedisWork */

/**
 * What one eviction and one sync cost Redis, with more and more instances.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function redisWork({ effort }) {
  const one = await workWith(1, effort);
  let most = one;
  const series = [one];
  for (const instances of INSTANCES) {
    most = await workWith(instances, effort);
    series.push(most);
  }
  return {
    rows: {
      'redis/sync': {
        ours: most.sync.microseconds,
        theirs: one.sync.microseconds,
        ratio: { median: most.sync.microseconds / one.sync.microseconds },
      },
    },
    series: { redisWork: series },
  };
}

/**
 * @param {number} instances
 * @param {{ evictions: number, idleMilliseconds: number }} effort
 * @returns {Promise<RedisWork>}
 */
async function workWith(instances, { evictions, idleMilliseconds }) {
  // A server of their own, so that its counters count nothing else.
  const redis = await startPrivateRedis();
  const client = new Redis(redis.port);
  const start = () =>
    startApplication({ redisConnectionString: redis.connectionString, options: { maxStaleness: MAX_STALENESS } });
  const first = await start();
  const started = [first];
  while (started.length < instances) started.push(await start());
  const region = first.cache.region('products');

  const idle = await difference(client, () => pause(idleMilliseconds));
  const busy = await difference(client, async () => {
    for (let index = 0; index < evictions; index += 1) await region.evict(`${index}`);
    // Waits until the other instances have applied all of them.
    await region.evict('last', { everywhere: true });
  });
  for (const { app } of started) await app.close();
  client.disconnect();
  await redis.stop();

  const syncs = idle.scripts;
  const idleShare = busy.milliseconds / idle.milliseconds;
  return {
    instances,
    sync: {
      perSecond: (syncs / idle.milliseconds) * 1_000,
      microseconds: idle.scriptMicroseconds / syncs,
      bytes: idle.bytesOut / syncs,
    },
    eviction: {
      messages: instances,
      cpuMicroseconds: (busy.cpuMicroseconds - idle.cpuMicroseconds * idleShare) / evictions,
      bytes: (busy.bytesOut - idle.bytesOut * idleShare) / evictions,
    },
  };
}

/**
 * By how much the server's counters grow while `act` runs.
 *
 * @param {Redis} client
 * @param {() => Promise<unknown>} act
 */
async function difference(client, act) {
  const startedAt = performance.now();
  const before = await counters(client);
  await act();
  const after = await counters(client);
  return {
    milliseconds: performance.now() - startedAt,
    scripts: after.scripts - before.scripts,
    scriptMicroseconds: after.scriptMicroseconds - before.scriptMicroseconds,
    bytesOut: after.bytesOut - before.bytesOut,
    cpuMicroseconds: after.cpuMicroseconds - before.cpuMicroseconds,
  };
}

/** @param {Redis} client */
async function counters(client) {
  const info = await client.info('everything');
  const number = (/** @type {RegExp} */ pattern) => Number(pattern.exec(info)?.[1] ?? 0);
  return {
    scripts: number(/cmdstat_evalsha:calls=(\d+)/),
    scriptMicroseconds: number(/cmdstat_evalsha:calls=\d+,usec=(\d+)/),
    bytesOut: number(/total_net_output_bytes:(\d+)/),
    cpuMicroseconds: (number(/used_cpu_user_main_thread:([\d.]+)/) + number(/used_cpu_sys_main_thread:([\d.]+)/)) * 1e6,
  };
}
