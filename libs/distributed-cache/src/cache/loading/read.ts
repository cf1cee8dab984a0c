import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import { uncacheableKind } from '../uncacheable.js';
import { valueToServe } from '../values.js';
import type { LoadSource } from './loads.js';
import { TOO_LONG, waitPatiently } from './patience.js';

/**
 * Reads one key that the caller has looked for, with `Copies.hit`, and not found. The caller has counted the miss. All reads come here,
 * single and bulk.
 *
 * 1. If the cache does not serve (`enabled: false`, or it was closed), load without coordination, and return that value.
 * 2. Join the load of the key that runs, or start one. If joining would make a load wait for itself, or the read has waited for so long
 *    that it may, or the joined load gives what can be read only once, load without coordination instead.
 * 3. Accept the outcome, unless the load was fenced before this read joined it.
 * 4. If it was, look for a copy with `Copies.find`, which counts nothing: another reader may have stored a newer value meanwhile. Without a
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
  const { clock, copies, executions, loads, coherence } = cache;
  if (!copies.isServing) return loads.uncoordinated(region, key, source);
  const { current } = executions;
  for (;;) {
    // Read before the loader runs: a loader that evicts its own key would otherwise look fenced before it was joined, and be retried for ever.
    const askedAt = coherence.applied.sequence;
    const askedIn = coherence.servingIn;
    const running = loads.joinableFrom(current, region, key);
    if (running === 'uncoordinated') return loads.uncoordinated(region, key, source);
    const outcome = running
      ? await waitPatiently(running, current, clock)
      : await loads.outcomeOf(loads.start(region, key, source.request(key)), current);
    if (outcome === TOO_LONG || (running && uncacheableKind(outcome.value) !== undefined))
      return loads.uncoordinated(region, key, source);
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
