import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import { valueToServe } from '../values.js';
import type { LoadRequest } from './loads.js';

/** Loads the keys that a reader asks for: one key by one call of its loader, or many keys by one call. @internal */
export interface LoadSource {
  /** Describes a load of this key by a new call of the loader. */
  request(key: string): LoadRequest;
  /** Calls the loader for this key without coordination: the result is neither shared nor stored. */
  uncoordinated(key: string): unknown;
}

/**
 * Reads one key: the algorithm of every read, single or bulk, but for the hit that {@link Copies.hit} serves before.
 *
 * 1. Look: the caller has found no copy and has counted the miss.
 * 2. Join the load of the key that runs, or start one. Where joining would be a circle, load without coordination.
 * 3. Accept the outcome, unless the load was fenced before this read joined it. Then try again, from 1: another reader may have stored a
 *    newer value meanwhile.
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
  const { copies, executions, loads, coherence } = cache;
  if (!copies.isServing) return source.uncoordinated(key);
  const { current } = executions;
  for (;;) {
    // Read before the loader runs: a loader that evicts its own key would otherwise look fenced before it was joined, and be retried for ever.
    const askedAt = coherence.applied.sequence;
    const running = loads.joinableFrom(current, region, key);
    if (running === 'uncoordinated') return source.uncoordinated(key);
    const load = running ?? loads.start(region, key, source.request(key));
    const outcome = await loads.join(load, current);
    if (loads.accepts(outcome, askedAt, current)) {
      return valueToServe(outcome.value, region.settings.values, region.name);
    }
    const entry = copies.find(region, key);
    if (entry !== undefined) {
      copies.noteServed(entry);
      return copies.valueOf(region, entry);
    }
  }
}
