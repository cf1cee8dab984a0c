import { once } from 'node:events';
import { Redis } from 'ioredis';
import { messageAbout } from '../application/bare-message.mjs';
import { startApplication } from '../application/application.mjs';
import { interleaved } from '../measure/interleaved.mjs';

const AT_ONCE = 50;

/**
 * Awaited evictions of one key, one after the other.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function awaitedEvictions({ redis, effort }) {
  const { app, cache } = await startApplication({ redisConnectionString: redis.connectionString });
  const region = cache.region('products');
  const client = new Redis(redis.port);
  await once(client, 'ready');
  let next = 0;
  const every = (/** @type {(key: string) => unknown} */ act) => ({
    times: AT_ONCE,
    async run() {
      for (let index = 0; index < AT_ONCE; index += 1) await act(`${next++}`);
    },
  });
  const measured = await interleaved(
    {
      ours: every((key) => region.evict(key)),
      theirs: every((key) => client.publish('raw', messageAbout(key))),
    },
    { ...effort, milliseconds: effort.milliseconds * 4 },
  );
  await app.close();
  client.disconnect();
  return { rows: { 'evict/publish': measured.row('ours', 'theirs') } };
}
