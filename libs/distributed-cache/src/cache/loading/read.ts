import { LoadTimeoutError } from '../../errors.js';
import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import { uncacheableKind } from '../uncacheable.js';
import { valueToServe } from '../values.js';
import type { Load, LoadOutcome } from './load.js';
import type { LoadSource } from './load-request.js';
import { tooSlow, type Loads } from './loads.js';
import { TOO_LONG, waitAtMost, waitPatiently } from './patience.js';

/**
 * Reads one key that the caller has looked for, with `Copies.hit` and `Copies.staleHit`, and not found. The caller has counted the miss. All
 * reads come here, single and bulk.
 *
 * 1. If the cache does not serve (`enabled: false`, or it was closed), load without coordination, and return that value. So does a read of
 *    what was evicted in the hold that it runs in. A hold has loads of its own.
 * 2. Join the load of the key that runs, or start one. If joining would make a load wait for itself, or the read has waited for so long
 *    that it may, or the joined load gives what can be read only once, load without coordination instead.
 * 3. If the load fails, or takes longer than `loadTimeout`, the expired value takes the place of the error where `staleIfError` allows it.
 * 4. Accept the outcome, unless the load was fenced before this read joined it.
 * 5. If it was, look for a copy with `Copies.find`, which counts nothing: another reader may have stored a newer value meanwhile. Without a
 *    copy, go on from 2.
 *
 * @returns the value as the region hands it out
 *
 * @internal
 */
export async function readMissed(
  cache: LocalCache,
  region: RegionState,
  key: string,
  source: LoadSource,
): Promise<unknown> {
  const { clock, copies, executions, coherence } = cache;
  const hold = cache.holds.current;
  const loads = hold?.loads ?? cache.loads;
  if (!copies.isServing || hold?.covers(region.name, key, [])) return loadAlone(cache, loads, region, key, source);
  const loading = hold?.regionOf(region) ?? region;
  const { current } = executions;
  const giveUpAt = clock.now() + source.policy.loadTimeout;
  for (;;) {
    // Read before the loader runs: a loader that evicts its own key would otherwise look fenced before it was joined, and be retried for ever.
    const askedAt = coherence.applied.sequence;
    const askedIn = coherence.servingIn;
    const running = loads.joinableFrom(current, loading, key);
    if (running === 'uncoordinated') return loadAlone(cache, loads, region, key, source);
    const load = running ?? loads.start(loading, key, source.request(key));
    let outcome: LoadOutcome | typeof TOO_LONG;
    try {
      const waiting = running
        ? join(cache, loads, region, key, running, source, giveUpAt)
        : loads.outcomeOf(load, current);
      outcome = await waiting;
    } catch (error) {
      // What is wrong with the result, and not with the load, is a mistake that its reader has to see.
      if (!load.hasFailed && !(error instanceof LoadTimeoutError)) throw error;
      return inPlaceOf(error, cache, region, key, source);
    }
    if (outcome === TOO_LONG || (running && uncacheableKind(outcome.value) !== undefined))
      return loadAlone(cache, loads, region, key, source);
    if (loads.accepts(outcome, askedAt, askedIn, current)) {
      return valueToServe(outcome.value, region.settings.values, region.name);
    }
    const entry = copies.find(region, key);
    if (entry !== undefined) {
      copies.noteServed(entry);
      return copies.valueOf(region, entry);
    }
  }
}

/** Waits for a load that another reader has started, no longer than this reader's own `loadTimeout` allows. */
function join(
  { clock, executions }: LocalCache,
  loads: Loads,
  region: RegionState,
  key: string,
  load: Load,
  { policy, where }: LoadSource,
  giveUpAt: number,
): Promise<LoadOutcome | typeof TOO_LONG> {
  const outcome = waitPatiently(load, executions.current, clock);
  if (policy.loadTimeout === Infinity) return outcome;
  return waitAtMost(outcome, giveUpAt - clock.now(), clock, () => {
    loads.outwaited(load, region, key, policy);
    return tooSlow(where, policy.loadTimeout);
  });
}

/** Loads without coordination: the result is neither shared nor stored. */
async function loadAlone(
  cache: LocalCache,
  loads: Loads,
  region: RegionState,
  key: string,
  source: LoadSource,
): Promise<unknown> {
  const { loadTimeout } = source.policy;
  try {
    const value = loads.uncoordinated(region, key, source);
    if (loadTimeout === Infinity) return await value;
    return await waitAtMost(value, loadTimeout, cache.clock, () => tooSlow(source.where, loadTimeout));
  } catch (error) {
    return inPlaceOf(error, cache, region, key, source);
  }
}

/** The expired value, if `staleIfError` allows it. @throws the error of the load otherwise */
function inPlaceOf(
  error: unknown,
  { copies }: LocalCache,
  region: RegionState,
  key: string,
  { policy }: LoadSource,
): unknown {
  const entry = copies.lastResort(region, key, policy);
  if (!entry) throw error;
  return copies.valueOf(region, entry);
}
