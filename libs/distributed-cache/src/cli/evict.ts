import type { DistributedCache } from '../cache/distributed-cache.js';
import type { EvictOptions } from '../cache/everywhere.js';
import { duration, type Duration } from '../common/duration.js';
import type { Evicted } from '../coherence/publish/evicted.js';
import { InvalidOptionsError } from '../errors.js';
import { RedisInvalidationBridge } from '../redis/redis-invalidation-bridge.js';
import { guestAmong } from './guest.js';
import { EXIT, type Surroundings } from './surroundings.js';
import { time } from './table.js';
import { connectionStringOf, observing, type TargetOptions } from './target.js';

/** @internal */
export interface EvictCommand extends TargetOptions {
  readonly region?: string | undefined;
  readonly key?: readonly string[] | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly regionAll?: readonly string[] | undefined;
  readonly all?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly everywhere?: string | true | undefined;
}

/** `evict`: as an instance that joins for a moment. It is bad when the log did not take it, or it was not confirmed. @internal */
export async function evict(options: EvictCommand, surroundings: Surroundings): Promise<number> {
  check(options);
  const connectionString = connectionStringOf(options, surroundings);
  const bridge = new RedisInvalidationBridge({ connectionString });
  const { members } = await observing(options, surroundings, {}, (observer) => observer.look());
  const cache = guestAmong(members, options.namespace, bridge);
  try {
    await cache.firstSync(1);
    const { instances, waited } = await evicted(cache, options);
    // It has confirmed to itself, too.
    const others = Math.max(0, instances - 1);
    const where = options.everywhere ? `in ${others === 1 ? 'one instance' : `${others} instances`}, ` : '';
    surroundings.out(
      options.json
        ? `${JSON.stringify({ delivered: true, instances: others, waited })}\n`
        : `Evicted: ${where}in ${time(waited)}.\n`,
    );
    return EXIT.done;
  } finally {
    await cache.close();
  }
}

function check({ region, key, tag, regionAll, all, yes }: EvictCommand): void {
  const kinds = [key, tag, regionAll, all].filter((each) => each !== undefined);
  if (kinds.length !== 1)
    throw new InvalidOptionsError('Say what to evict, by one of --region with --key, --tag, --region-all, or --all.');
  if ((key === undefined) !== (region === undefined))
    throw new InvalidOptionsError('--region and --key go together; --region-all evicts a whole region.');
  if (all && !yes)
    throw new InvalidOptionsError(
      '--all evicts everything in the namespace, in every instance. Add --yes if you mean it.',
    );
}

async function evicted(
  cache: DistributedCache,
  { region = '', key = [], tag, regionAll, all, everywhere }: EvictCommand,
): Promise<Evicted> {
  const options: EvictOptions =
    everywhere === undefined ? {} : { everywhere: everywhere === true ? true : { timeout: timeoutIn(everywhere) } };
  if (all) return cache.clear(options);
  if (tag) return cache.evictTags(tag, options);
  if (regionAll) {
    const targets = regionAll.map((name) => ({ kind: 'region' as const, region: cache.region(name).name }));
    return cache.evictTargets(targets, options);
  }
  return cache.region(region).evictMany(key, options);
}

function timeoutIn(text: string): Duration {
  return duration(text);
}
