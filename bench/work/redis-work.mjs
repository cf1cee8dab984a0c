import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startApplication } from '../application/application.mjs';
import { startPrivateRedis } from '../../scripts/redis.mjs';

const INSTANCES = [1, 2, 4, 8, 16];
const MAX_STALENESS = 300;

/** What Redis does for an eviction, and for a sync, as instances are added. @param {import('../run.mjs').Work} work */
export async function redisWork({ effort }) {
  const series = [];
  for (const instances of INSTANCES) series.push({ instances, ...(await workWith(instances, effort)) });
  const [one, most] = [series[0], series.at(-1)];
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

async function workWith(instances, { evictions, idleMilliseconds }) {
  // A server of their own, so that its counters are about them alone.
  const redis = await startPrivateRedis();
  const client = new Redis(redis.port);
  const started = [];
  for (let index = 0; index < instances; index += 1) {
    started.push(
      await startApplication({
        redisConnectionString: redis.connectionString,
        options: { maxStaleness: MAX_STALENESS },
      }),
    );
  }
  const [{ cache }] = started;
  const region = cache.region('products');

  const idle = await difference(client, () => pause(idleMilliseconds));
  const busy = await difference(client, async () => {
    for (let index = 0; index < evictions; index += 1) await region.evict(`${index}`);
    // Until the others have it as well.
    await region.evict('last', { everywhere: true });
  });
  for (const { app } of started) await app.close();
  client.disconnect();
  await redis.stop();

  const syncs = idle.scripts;
  const idleShare = busy.milliseconds / idle.milliseconds;
  return {
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

/** What the server's counters say of the time that `act` takes. */
async function difference(client, act) {
  const startedAt = performance.now();
  const before = await counters(client);
  await act();
  const after = await counters(client);
  const milliseconds = performance.now() - startedAt;
  return {
    milliseconds,
    ...Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]])),
  };
}

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
