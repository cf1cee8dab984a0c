import { ignoreRejection } from '../../common/ignore-rejection.js';
import { traced } from '../../common/tracing-channels.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { CacheClosedError, InvalidationNotConfirmedError, InvalidationNotDeliveredError } from '../../errors.js';
import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import type { PreparedEntry } from '../copies.js';
import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import type { LoadPolicy } from '../policies/load-policies.js';
import { ttlOfValue } from '../store-options.js';
import { putTracing, type PutTrace } from '../tracing.js';
import { refuseUncacheable } from '../uncacheable.js';
import { Execution } from './execution.js';

/** One entry that a put writes. @internal */
export interface PutEntry {
  readonly region: RegionState;
  /** Canonical. */
  readonly key: string;
  /** ms; `undefined`: the region's */
  readonly ttl: number | undefined;
  /** Whether it was computed for this very value: then it wins over `nullTtl`. */
  readonly isTtlComputed?: boolean | undefined;
  /** Canonical. */
  readonly tags: readonly string[];
  /** `false`: the key is evicted in every instance, and the value is not stored. */
  readonly isStored: boolean;
  /** What errors call the place: `Class.method`, or the region. */
  readonly where: string;
  /** Default: the region's. */
  readonly policy?: LoadPolicy | undefined;
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
export function runPut<R>(
  cache: LocalCache,
  method: () => R | PromiseLike<R>,
  planOf: (result: R) => PutPlan,
): Promise<PutOutcome<R>> {
  if (!putTracing.hasSubscribers) return putNow(cache, method, planOf);
  const trace: PutTrace = { ...cache.identity, regions: [] };
  return traced(putTracing, trace, () => putNow(cache, method, planOf, trace));
}

async function putNow<R>(
  cache: LocalCache,
  method: () => R | PromiseLike<R>,
  planOf: (result: R) => PutPlan,
  trace?: PutTrace,
): Promise<PutOutcome<R>> {
  const { applied } = cache.coherence;
  const { current } = cache.executions;
  const execution = new Execution(cache.clock.now(), current);
  current?.beginWaitingFor({ execution });
  const mark = applied.begin();
  const hold = cache.holds.current;
  const heldSince = hold?.beginPut();
  const operation = cache.operations.begin('put');
  operation?.step('Put started');
  try {
    const result = await cache.executions.run(execution, method);
    const plan = planOf(result);
    const { entries } = plan;
    const { delivered, fenced } = write(cache, plan, { value: result, since: mark, heldSince, from: execution });
    operation?.step('Put ended', { entries: entries.length, fenced });
    if (trace) Object.assign(trace, { regions: regionsOf(entries), entries: entries.length, fenced });
    return { result, delivered };
  } finally {
    applied.end(mark);
    if (heldSince) hold?.endPut(heldSince);
    current?.endWaitingFor({ execution });
    cache.executions.end(execution);
  }
}

/** Stores a value that is correct now, and evicts its key everywhere. Settles as the promise of `evict()` does. @internal */
export function setEntry(cache: LocalCache, entry: PutEntry, value: unknown): Promise<unknown> {
  if (!putTracing.hasSubscribers) return setEntryNow(cache, entry, value);
  const trace: PutTrace = { ...cache.identity, regions: regionsOf([entry]), entries: 1 };
  return traced(putTracing, trace, () => setEntryNow(cache, entry, value));
}

function regionsOf(entries: readonly PutEntry[]): string[] {
  return [...new Set(entries.map(({ region }) => region.name))];
}

function setEntryNow(cache: LocalCache, entry: PutEntry, value: unknown): Promise<unknown> {
  const { applied } = cache.coherence;
  const since = applied.begin();
  const hold = cache.holds.current;
  const heldSince = hold?.beginPut();
  try {
    const from = { loadedAt: cache.clock.now() };
    return write(cache, { entries: [entry] }, { value, since, heldSince, from }).delivered;
  } finally {
    applied.end(since);
    if (heldSince) hold?.endPut(heldSince);
  }
}

/** Stores a value that is correct now, in this instance only. @internal */
export function setEntryLocally(
  { copies, clock, coherence, holds }: LocalCache,
  { region, key, value, ttl, tags, where }: Omit<PutEntry, 'isStored'> & { readonly value: unknown },
): void {
  const { applied } = coherence;
  const since = applied.begin();
  try {
    if (ttl !== 0) refuseUncacheable(value, where);
    const lifetime = ttlOfValue(value, ttl, region.settings.policy);
    const entry = copies.prepared(region, { key, value, loadedAt: clock.now(), ttl: lifetime, tags, where });
    if (applied.firstCovering(since, region.name, key, tags) !== undefined) return;
    (holds.current ?? copies).keep(region, key, entry);
  } finally {
    applied.end(since);
  }
}

/** A value to write. */
interface Written {
  readonly value: unknown;
  /** What is applied since then overtakes it. */
  readonly since: AppliedMark;
  /** What is evicted since then in the hold of the put overtakes it, too; `undefined`: it began in none. */
  readonly heldSince: AppliedMark | undefined;
  readonly from: Pick<Execution, 'loadedAt'> & Partial<Pick<Execution, 'servedIn'>>;
}

/**
 * Evicts the entries everywhere and stores the value under those that nothing has overtaken.
 *
 * Everything of the application that the value calls is called before. From the question whether an entry is overtaken until all entries
 * are stored, nothing can evict in between: the listeners hear of it afterwards.
 *
 * @returns how many entries were overtaken; `delivered` settles as the promise of `evict()` does, and its rejection is marked as handled
 * @throws {InvalidOptionsError} when the value cannot be cached or cloned; the entries are evicted all the same
 */
function write(
  cache: LocalCache,
  { entries: planned, evictOthers = () => {} }: PutPlan,
  { value, since, heldSince, from }: Written,
): { readonly delivered: Promise<unknown>; readonly fenced: number } {
  const { copies, coherence } = cache;
  const hold = cache.holds.current;
  // A method may run for long.
  const entries = planned.map((entry) => ({ ...entry, region: copies.current(entry.region) }));
  const targets = entries.map(({ region, key }): InvalidationTarget => ({ kind: 'key', region: region.name, key }));
  const prepared = new Map<PutEntry, PreparedEntry | undefined>();
  try {
    for (const entry of entries) {
      const { region, key, tags, isStored, where, policy = region.settings.policy } = entry;
      const ttl = entry.isTtlComputed ? entry.ttl : ttlOfValue(value, entry.ttl, policy);
      if (!isStored || ttl === 0) continue;
      refuseUncacheable(value, where);
      const { loadedAt } = from;
      prepared.set(entry, copies.prepared(region, { key, value, loadedAt, ttl, tags, where, policy }));
    }
  } catch (error) {
    cache.asOne(() => {
      evictOthers();
      void ignoreRejection(cache.evict(targets));
    });
    throw error;
  }
  return cache.asOne(() => {
    evictOthers();
    // Asked before the put evicts its own keys, which would fence it as well.
    const current = entries.filter(({ region, key, tags }) => {
      const isOvertaken =
        coherence.applied.overtakenAt(since, region.name, key, tags, from.servedIn) !== undefined ||
        (heldSince !== undefined && hold?.overtakes(heldSince, region.name, key, tags));
      if (isOvertaken) region.stats.fenced += 1;
      return !isOvertaken;
    });
    const stored = current.filter((entry) => prepared.has(entry));
    // Where each copy is replaced, they stay until then. Otherwise they go before the eviction, which would count them as invalidated:
    // a value that is larger than the copy may not be worth the place.
    const areReplaced = !hold && cache.settings.maxSize === undefined && stored.length === entries.length;
    if (!hold && !areReplaced) for (const { region, key } of stored) copies.remove(region, key, 'replaced');
    const delivered = ignoreRejection(areReplaced ? cache.evictReplaced(targets) : cache.evict(targets));
    // In a hold, others are served the value only once that has ended.
    const keeper = hold ?? copies;
    for (const entry of stored) keeper.keep(entry.region, entry.key, prepared.get(entry));
    return { delivered, fenced: entries.length - current.length };
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
