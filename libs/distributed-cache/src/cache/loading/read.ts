import { LoadTimeoutError } from '../../errors.js';
import type { LocalCache } from '../local-cache.js';
import type { LoadPolicy } from '../policies/load-policies.js';
import type { RegionState } from '../region-state.js';
import { uncacheableKind } from '../uncacheable.js';
import { valueToServe } from '../values.js';
import type { LoadSource } from './load-request.js';
import type { Loads } from './loads.js';
import { TOO_LONG, waitPatiently, waitUntil } from './patience.js';

/** A read and the load that it starts look at the clock at different times, in ms. */
const CLOSE_BY = 1;

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
export function readMissed(cache: LocalCache, given: RegionState, key: string, source: LoadSource): Promise<unknown> {
  const { copies, executions, holds, loads } = cache;
  const region = copies.current(given);
  const isOrdinary =
    copies.isServing &&
    holds.current === undefined &&
    executions.current === undefined &&
    isPassedOn(region, source.policy) &&
    loads.joinableFrom(undefined, region, key) === undefined;
  if (!isOrdinary) return readCarefully(cache, given, key, source);
  return loads.start(region, key, source.request(key)).outcome;
}

/** {@link readMissed} in full. */
async function readCarefully(cache: LocalCache, given: RegionState, key: string, source: LoadSource): Promise<unknown> {
  const { clock, copies, executions, coherence } = cache;
  const { policy } = source;
  const giveUpAt = clock.now() + policy.loadTimeout;
  const hold = cache.holds.current;
  const loads = hold?.loads ?? cache.loads;
  if (!copies.isServing || hold?.covers(given.name, key, []))
    return loadAlone(cache, loads, given, key, source, giveUpAt);
  const { current } = executions;
  for (;;) {
    const region = copies.current(given);
    const loading = hold?.regionOf(region) ?? region;
    // Read before the loader runs: a loader that evicts its own key would otherwise look fenced before it was joined, and be retried for ever.
    const askedAt = coherence.applied.sequence;
    const askedIn = coherence.servingIn;
    const running = loads.joinableFrom(current, loading, key);
    if (running === 'uncoordinated') return loadAlone(cache, loads, region, key, source, giveUpAt);
    const load = running ?? loads.start(loading, key, source.request(key));
    let value: unknown;
    try {
      const awaited = running ? waitPatiently(load, current, clock) : loads.outcomeOf(load, current);
      // The load itself limits the wait of most readers: they need no timer of their own. One that is woken by the load is not late for it.
      const isLimited = giveUpAt >= load.timesOutAt - CLOSE_BY;
      value = await waitUntil(isLimited ? Infinity : giveUpAt, awaited, clock, () =>
        loads.outwaited(load, loading, key, source),
      );
    } catch (error) {
      // What is wrong with the result, and not with the load, is a mistake that its reader has to see.
      if (!load.hasFailed && !(error instanceof LoadTimeoutError)) throw error;
      const entry = copies.lastResort(region, key, policy);
      if (entry) return copies.valueOf(region, entry);
      // The reader that has started it waits for less time than this one.
      if (running && load.hasTimedOut && load.timeout < policy.loadTimeout && clock.now() < giveUpAt) continue;
      throw error;
    }
    if (value === TOO_LONG || (running && uncacheableKind(value) !== undefined))
      return loadAlone(cache, loads, region, key, source, giveUpAt);
    if (loads.accepts(load, askedAt, askedIn, current)) return valueToServe(value, region.settings.values, region.name);
    const entry = copies.find(region, key);
    if (entry !== undefined) {
      copies.noteServed(entry);
      return copies.valueOf(region, entry);
    }
  }
}

/** Whether a reader with this policy gets the outcome of the load that it has started, whatever that is, and as it is. */
function isPassedOn({ settings }: RegionState, { loadTimeout, keptFor }: LoadPolicy): boolean {
  return loadTimeout === Infinity && keptFor === 0 && settings.values !== 'cloned';
}

/** Loads without coordination: the result is neither shared nor stored. */
async function loadAlone(
  { copies }: LocalCache,
  loads: Loads,
  region: RegionState,
  key: string,
  source: LoadSource,
  giveUpAt: number,
): Promise<unknown> {
  try {
    return await loads.uncoordinated(region, key, source, giveUpAt);
  } catch (error) {
    const entry = copies.lastResort(region, key, source.policy);
    if (!entry) throw error;
    return copies.valueOf(region, entry);
  }
}
