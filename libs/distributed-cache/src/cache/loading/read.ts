import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import { valueToServe } from '../values.js';
import type { LoadRequest } from './loads.js';

/** Loads the keys that a reader asks for: one key by a call of its loader, or all keys of one turn by one call. @internal */
export interface LoadSource {
  /** Describes a load of this key by a new call of the loader. */
  request(key: string): LoadRequest;
  /** Calls the loader for this key without coordination: the result is neither shared nor stored. */
  uncoordinated(key: string): unknown;
}

/**
 * Reads one key that the caller has looked for, with `Copies.hit`, and not found. The caller has counted the miss. All reads come here,
 * single and bulk.
 *
 * 1. If the cache does not serve (`enabled: false`, or it was closed), load without coordination, and return that value.
 * 2. Join the load of the key that runs, or start one. If joining would make a load wait for itself, load without coordination instead.
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
