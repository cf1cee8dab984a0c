import { ignoreRejection } from '../../common/ignore-rejection.js';
import { CacheClosedError, InvalidationNotConfirmedError, InvalidationNotDeliveredError } from '../../errors.js';
import type { PreparedEntry } from '../copies.js';
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

/** The result of the method as entries, and what else is evicted together with them. @internal */
export interface PutPlan {
  readonly entries: readonly PutEntry[];
  /** Called at the moment at which the keys of the entries are evicted. */
  evictOthers?(this: void): void;
}

/**
 * Runs `method`, which changes the source of truth, and stores its result.
 *
 * The put is registered when the method *starts*: another instance may commit and publish a newer value while this one is still on its
 * way back from its own commit. When the method ends, its keys are evicted everywhere, which fences all loads and other puts of these
 * keys that run. The result is stored here unless something that covers the key was invalidated since the method started.
 *
 * @param planOf - what to write and to evict, from the result
 *
 * @internal
 */
export async function runPut<R>(
  cache: LocalCache,
  method: () => R | PromiseLike<R>,
  planOf: (result: R) => PutPlan,
): Promise<PutOutcome<R>> {
  const { applied } = cache.coherence;
  const execution = new Execution(cache.clock.now(), cache.executions.current);
  const mark = applied.begin();
  const operation = cache.operations.begin('put');
  operation?.step('Put started');
  try {
    const result = await cache.executions.run(execution, method);
    const { entries, evictOthers } = planOf(result);
    let fenced = 0;
    const isOvertaken = ({ region, key, tags }: PutEntry): boolean => {
      if (applied.overtakenAt(mark, region.name, key, tags, execution.servedIn) === undefined) return false;
      region.stats.fenced += 1;
      fenced += 1;
      return true;
    };
    const delivered = writeEntries(cache, entries, result, execution.loadedAt, isOvertaken, evictOthers);
    operation?.step('Put ended', { entries: entries.length, fenced });
    return { result, delivered };
  } finally {
    applied.end(mark);
    cache.executions.end(execution);
  }
}

/**
 * Evicts `entries` everywhere and stores `value` under those that nothing has overtaken.
 *
 * Everything of the application that the values call is called before. From the question whether an entry is overtaken until all entries
 * are stored, nothing can evict in between: the listeners hear of it afterwards.
 *
 * @returns a promise that settles as the one of `evict()` does; its rejection is marked as handled
 * @throws {InvalidOptionsError} when the value cannot be cloned; the entries are evicted all the same
 *
 * @internal
 */
export function writeEntries(
  cache: LocalCache,
  entries: readonly PutEntry[],
  value: unknown,
  loadedAt: number,
  isOvertaken: (entry: PutEntry) => boolean,
  evictOthers: () => void = () => {},
): Promise<unknown> {
  const { copies } = cache;
  const evict = (): Promise<unknown> =>
    ignoreRejection(cache.evict(entries.map(({ region, key }) => ({ kind: 'key', region: region.name, key }))));
  const prepared = new Map<PutEntry, PreparedEntry | undefined>();
  try {
    for (const entry of entries) {
      const { region, key, ttl, tags, isStored } = entry;
      if (isStored) prepared.set(entry, copies.prepared(region, key, value, loadedAt, ttl, tags));
    }
  } catch (error) {
    cache.asOne(() => {
      evictOthers();
      void evict();
    });
    throw error;
  }
  return cache.asOne(() => {
    evictOthers();
    // Asked before the put evicts its own keys, which would fence it as well.
    const current = entries.filter((entry) => !isOvertaken(entry) && prepared.has(entry));
    // Before the eviction, which would count the old copies as invalidated.
    for (const { region, key } of current) copies.remove(region, key, 'replaced');
    const delivered = evict();
    for (const entry of current) copies.keep(entry.region, entry.key, prepared.get(entry));
    return delivered;
  });
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
