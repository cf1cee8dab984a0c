import { setImmediate as turn } from 'node:timers/promises';
import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { chooseBridge } from '../../../libs/distributed-cache/src/module/bridge/choose-bridge.js';
import type { DistributedCacheOptions } from '../../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import { resolveSettings } from '../../../libs/distributed-cache/src/module/options/resolve-settings.js';

/** What was read and when, by the wall clock, which the log's ids go by. */
export interface ChildRead {
  readonly at: number;
  readonly goods: unknown;
  readonly prices: unknown;
  /** Whether no sync had been completed since the event loop was blocked. */
  readonly isBeforeSync: boolean;
}

/** An instance in a process of its own, which does as it is told. */
export async function main(connectionString: string, maxStaleness: string): Promise<void> {
  const options: DistributedCacheOptions = {
    redisConnectionString: connectionString,
    namespace: 'lab',
    maxStaleness: Number(maxStaleness),
    publishTimeout: 250,
    commandTimeout: 600,
    redis: { connectTimeout: 500 },
    regions: { prices: { whenDisconnected: 'bypass' } },
  };
  const cache = new DistributedCache(resolveSettings(options, undefined));
  cache.start(chooseBridge(options, () => undefined).bridge);
  await cache.firstSync(1);

  process.on('disconnect', () => process.exit());
  process.on('message', (message) => {
    if (Array.isArray(message)) void obey(cache, message.map(String)).then((answer) => process.send?.(answer));
  });
  process.send?.('coherent');
}

async function obey(cache: DistributedCache, [verb = '', ...args]: string[]): Promise<unknown> {
  const [first = '', second = ''] = args;
  if (verb === 'hold') return hold(cache, first);
  if (verb === 'evict') return evict(cache, args);
  if (verb === 'block') return blockAndRead(cache, first, Number(second));
  return cache.status().state;
}

async function hold(cache: DistributedCache, key: string): Promise<string> {
  for (const region of ['goods', 'prices']) await cache.region(region).getOrLoad(key, () => 'old');
  return 'held';
}

async function evict(cache: DistributedCache, keys: readonly string[]): Promise<number> {
  await cache.region('orphans').evictMany(keys);
  return cache.status().outbox;
}

async function blockAndRead(cache: DistributedCache, key: string, milliseconds: number): Promise<ChildRead[]> {
  await new Promise((sent) => process.send?.('blocking', sent));
  block(milliseconds);
  return readsUntilSynced(cache, key);
}

/** Keeps the event loop from turning. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** Reads at once, and then in every turn of the event loop until some turns after the next sync is complete. */
async function readsUntilSynced(cache: DistributedCache, key: string): Promise<ChildRead[]> {
  const unblockedAt = performance.now();
  const reads: ChildRead[] = [];
  for (let turnsSinceSync = 0; turnsSinceSync < 10;) {
    const isBeforeSync = performance.now() - cache.status().leaseAge < unblockedAt;
    const read = (region: string): unknown => cache.region(region).getSync(key);
    reads.push({ at: Date.now(), goods: read('goods'), prices: read('prices'), isBeforeSync });
    if (!isBeforeSync) turnsSinceSync += 1;
    await turn();
  }
  return reads;
}
