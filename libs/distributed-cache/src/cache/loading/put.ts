import { ignoreRejection } from '../../common/ignore-rejection.js';
import { CacheClosedError, InvalidationNotConfirmedError, InvalidationNotDeliveredError } from '../../errors.js';
import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import { Execution } from './execution.js';

/** One entry that a put writes. @internal */
export interface PutEntry {
  readonly region: RegionState;
  /** Canonical. */
  readonly key: string;
  /** ms; `undefined`: the region's */
  readonly ttl: number | undefined;
  /** Canonical. */
  readonly tags: readonly string[];
  /** `false`: the key is evicted in every instance, and the value is not stored. */
  readonly isStored: boolean;
}

/** @internal */
export interface PutOutcome<R> {
  readonly result: R;
  /** Settles as the promise of `evict()` does. */
  readonly delivered: Promise<unknown>;
}

/**
 * Runs `method`, which changes the source of truth, and stores its result.
 *
 * The put is registered when the method *starts*: another instance may commit and publish a newer value while this one is still on its
 * way back from its own commit. When the method ends, its keys are evicted everywhere, which fences all loads and other puts of these
 * keys that run. The result is stored here unless something that covers the key was invalidated since the method started.
 *
 * @param entriesOf - the entries to write, from the result
 *
 * @internal
 */
export async function runPut<R>(
  cache: LocalCache,
  method: () => R | PromiseLike<R>,
  entriesOf: (result: R) => readonly PutEntry[],
): Promise<PutOutcome<R>> {
  const { applied } = cache.coherence;
  const execution = new Execution(cache.clock.now(), cache.executions.current);
  const mark = applied.begin();
  const operation = cache.operations.begin('put');
  operation?.step('Put started');
  try {
    const result = await cache.executions.run(execution, method);
    const entries = entriesOf(result);
    // Asked before the put evicts its own keys, which would fence it as well.
    const current = entries.filter(({ region, key, tags }) => {
      const isFenced = applied.firstCovering(mark, region.name, key, tags) !== undefined;
      if (isFenced) region.stats.fenced += 1;
      return !isFenced;
    });
    const delivered = writeEntries(cache, entries, current, result, execution.loadedAt);
    operation?.step('Put ended', { entries: entries.length, fenced: entries.length - current.length });
    return { result, delivered };
  } finally {
    applied.end(mark);
    cache.executions.end(execution);
  }
}

/**
 * Evicts `entries` everywhere and stores `value` under those that are `current`.
 *
 * @returns a promise that settles as the one of `evict()` does; its rejection is marked as handled
 *
 * @internal
 */
export function writeEntries(
  cache: LocalCache,
  entries: readonly PutEntry[],
  current: readonly PutEntry[],
  value: unknown,
  loadedAt: number,
): Promise<unknown> {
  const stored = current.filter(({ isStored }) => isStored);
  // Before the eviction, which would count the old copies as invalidated.
  for (const { region, key } of stored) cache.copies.remove(region, key, 'replaced');
  const delivered = ignoreRejection(
    cache.evict(entries.map(({ region, key }) => ({ kind: 'key', region: region.name, key }))),
  );
  for (const { region, key, ttl, tags } of stored) cache.copies.store(region, key, value, loadedAt, ttl, tags);
  return delivered;
}

/**
 * Returns the result of a method that has succeeded, once its evictions are delivered.
 *
 * @throws the error of the delivery; it carries the result of the method
 *
 * @internal
 */
export async function resultOnceDelivered<R>(result: R, delivered: Promise<unknown>): Promise<R> {
  try {
    await delivered;
  } catch (error) {
    throw withResult(error, result);
  }
  return result;
}

/** A copy: the evictions of one tick reject with the same error, and each method has a result of its own. */
function withResult(error: unknown, result: unknown): unknown {
  const copy = copyOf(error);
  if (!copy) return error;
  copy.result = result;
  return copy;
}

function copyOf(
  error: unknown,
): InvalidationNotDeliveredError | InvalidationNotConfirmedError | CacheClosedError | undefined {
  if (error instanceof InvalidationNotDeliveredError)
    return new InvalidationNotDeliveredError(error.message, { cause: error });
  if (error instanceof InvalidationNotConfirmedError)
    return new InvalidationNotConfirmedError(error.message, { cause: error, missing: error.missing });
  if (error instanceof CacheClosedError) return new CacheClosedError(error.message, { cause: error });
  return undefined;
}
