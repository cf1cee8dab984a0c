import { ignoreRejection } from '../../common/ignore-rejection.js';
import { EVICTED_ALONE, type Evicted } from '../../coherence/publish/evicted.js';
import type { LocalCache } from '../local-cache.js';
import { Hold } from './hold.js';

/** @internal */
export interface HeldOutcome<R> {
  readonly result: R;
  /** Settles as the promise of `evict()` does. Its rejection is marked as handled. */
  readonly delivered: Promise<unknown>;
}

/**
 * Runs `fn`, which as a rule runs a transaction, and gathers what it evicts and puts. When it resolves, all of that takes effect as one;
 * when it rejects, nothing does.
 *
 * @param isIndependent - the transaction is committed by itself, whatever becomes of the one around it: it joins no hold
 * @throws what `fn` throws, as a rejection
 *
 * @internal
 */
export async function holdEvictions<R>(
  cache: LocalCache,
  fn: () => R | PromiseLike<R>,
  isIndependent = false,
): Promise<HeldOutcome<R>> {
  const hold = new Hold(cache, isIndependent ? undefined : cache.holds.current);
  const operation = cache.operations.begin('hold');
  operation?.step('Hold started', { isInner: hold.outer !== undefined });
  try {
    const result = await cache.holds.run(hold, async () => fn());
    const { outer } = hold;
    const counts = { evictions: hold.targets.length, values: hold.values };
    if (outer) hold.joinInto(outer);
    const delivered = outer ? Promise.resolve() : ignoreRejection(commit(cache, hold));
    operation?.step('Hold ended', { isInner: outer !== undefined, ...counts });
    return { result, delivered };
  } catch (error) {
    operation?.step('Hold dropped', { isInner: hold.outer !== undefined });
    throw error;
  } finally {
    cache.holds.close(hold);
  }
}

/** What the hold has gathered takes effect as one: nothing of the application runs in between. */
function commit(cache: LocalCache, hold: Hold): Promise<Evicted> {
  const { copies, clock } = cache;
  const { targets } = hold;
  const values = hold.takeCopies();
  return cache.asOne(() => {
    // Before the eviction, which would count the old copies as invalidated.
    for (const [region, { key }] of values) copies.remove(copies.current(region), key, 'replaced');
    const delivered = targets.length === 0 ? Promise.resolve(EVICTED_ALONE) : cache.evictNow(targets);
    for (const [region, { key, value, loadedAt, expiresAt, tags, size, care }] of values) {
      const preparedAt = clock.now();
      const ttl = expiresAt - preparedAt;
      if (ttl > 0) copies.keep(region, key, { key, value, loadedAt, expiresAt, tags, size, care, ttl, preparedAt });
    }
    return delivered;
  });
}
