import { leaseAgeOf } from '../instances/lease-age.js';
import { setImmediate as turn } from 'node:timers/promises';
import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { chooseRedisBridge } from '../../../libs/distributed-cache/src/module/bridge/choose-redis-bridge.js';
import { findConnectionString } from '../../../libs/distributed-cache/src/module/bridge/connection-source.js';
import type { DistributedCacheOptions } from '../../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import { resolveSettings } from '../../../libs/distributed-cache/src/module/options/resolve-settings.js';
import { serve } from '../../../tools/child-process.mjs';

/** A read of both regions. */
export interface ChildRead {
  /** By the wall clock, as the ids of the log are. */
  readonly at: number;
  readonly goods: unknown;
  readonly prices: unknown;
  /** Whether no sync had been completed since the event loop was blocked. */
  readonly isBeforeSync: boolean;
}

function commandsOf(cache: DistributedCache) {
  let readsAfterBlock: Promise<ChildRead[]> = Promise.resolve([]);
  return {
    status: () => cache.status().state,

    /** Loads `key` into both regions. */
    async hold(key: string): Promise<'held'> {
      for (const region of ['goods', 'prices']) await cache.region(region).getOrLoad(key, () => 'old');
      return 'held';
    },

    /** Gives how many of the evictions wait in the outbox. */
    async evict(...keys: string[]): Promise<number> {
      await cache.region('orphans').evictMany(keys);
      return cache.status().outbox;
    },

    /** Keeps the event loop busy for so long, as soon as the answer has left, and reads `key` from then on. */
    block(key: string, milliseconds: number): 'blocking' {
      readsAfterBlock = turn().then(() => {
        block(milliseconds);
        return readsUntilSynced(cache, key);
      });
      return 'blocking';
    },

    /** What was read from the end of the block until some turns after the next sync. */
    readsAfterBlock: () => readsAfterBlock,
  };
}

export type ChildCommands = ReturnType<typeof commandsOf>;

/** The program of an instance in a process of its own. */
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
  const cache = new DistributedCache(resolveSettings(options));
  // Not chooseBridge, which imports this on demand: the runner of Vite imports nothing more once a module runs.
  cache.start(
    chooseRedisBridge(
      options,
      findConnectionString(connectionString, () => undefined),
    ).bridge,
  );
  await cache.firstSync(1);
  serve(commandsOf(cache));
}

/** Keeps the event loop from turning. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** Reads at once, and then in every turn of the event loop until some turns after the next complete sync. */
async function readsUntilSynced(cache: DistributedCache, key: string): Promise<ChildRead[]> {
  const unblockedAt = performance.now();
  const reads: ChildRead[] = [];
  for (let turnsSinceSync = 0; turnsSinceSync < 10;) {
    const isBeforeSync = performance.now() - leaseAgeOf(cache) < unblockedAt;
    const read = (region: string): unknown => cache.region(region).getSync(key);
    reads.push({ at: Date.now(), goods: read('goods'), prices: read('prices'), isBeforeSync });
    if (!isBeforeSync) turnsSinceSync += 1;
    await turn();
  }
  return reads;
}
