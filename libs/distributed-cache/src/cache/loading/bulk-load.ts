import { types } from 'node:util';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { endsSlice, forEachInSlices } from '../../common/in-slices.js';
import { nextTurnOfEventLoop } from '../../common/next-turn.js';
import { ignoreRejection } from '../../common/ignore-rejection.js';
import { traced } from '../../common/tracing-channels.js';
import { canonicalKey } from '../../keys/canonical-key.js';
import type { LocalCache } from '../local-cache.js';
import { loadManyTracing, type LoadManyTrace } from '../tracing.js';
import type { RegionState } from '../region-state.js';
import type { LoadPolicy } from '../policies/load-policies.js';
import { BulkAttributes, type LabelledBulkOptions } from './bulk-attributes.js';
import { Batch } from './bulk-batch.js';
import { valuesByKey, type IdOf } from './bulk-result.js';
import { Execution } from './execution.js';
import type { LoadRecipe, LoadRequest, LoadSource, SharedRecipe, UncoordinatedLoad } from './load-request.js';
import { readMissed } from './read.js';

/** How the values of ids are loaded. @internal */
export interface BulkMethod {
  readonly loader: (missing: unknown[]) => unknown;
  readonly idOf: IdOf | undefined;
  readonly options: LabelledBulkOptions | undefined;
  /** The canonical key of an id. Default: the id is its key. */
  readonly keyOf?: ((id: unknown) => string) | undefined;
  /** What the ids in a result are told apart by. Default: their keys. */
  readonly identityOf?: ((id: unknown) => string) | undefined;
}

/** @internal */
export interface BulkRequest extends BulkMethod {
  readonly ids: Iterable<unknown>;
}

/** The values of a bulk read. @internal */
export interface BulkRead {
  /** The ids as the caller gave them, in their order, repeats included. */
  readonly ids: readonly unknown[];
  /** The canonical key of each of the ids. */
  readonly keys: readonly string[];
  /** By canonical key; `undefined`, or not there: the id has no value. */
  readonly values: ReadonlyMap<string, unknown>;
}

/**
 * Reads many ids. Each id is a read of its own: it can join a load, and is fenced, by itself. The ids that have to be loaded at the same
 * time share one call of the loader.
 *
 * @internal
 */
export async function readMany(
  cache: LocalCache,
  opened: RegionState,
  { ids: given, ...method }: BulkRequest,
): Promise<BulkRead> {
  const { background, copies } = cache;
  const keyOf = method.keyOf ?? keyOfId;
  const ids: unknown[] = [];
  const keys: string[] = [];
  // All of them before the first read, so that a wrong id leaves nothing begun.
  for (const id of given) {
    ids.push(id);
    keys.push(keyOf(id));
  }

  const givenIds = new Map<string, unknown>();
  const values = new Map<string, unknown>();
  const source = new BulkSource(cache, opened, method, givenIds);
  const due: string[] = [];
  const slices: Promise<unknown>[] = [];
  for (const slice of slicesOf(ids, keys, givenIds)) {
    if (slices.length > 0) await nextTurnOfEventLoop();
    const region = copies.current(opened);
    const missing: string[] = [];
    for (const key of slice) {
      const entry = copies.hit(region, key);
      const stale = entry ? undefined : copies.staleHit(region, key, source.policy);
      const found = entry ?? stale?.entry;
      if (stale?.isDue) due.push(key);
      if (found) {
        values.set(key, copies.valueOf(region, found));
        if (entry && region.watchers > 0) cache.watchHit(region, key, source.recipe(key));
      } else {
        copies.miss(region, key, source.policy);
        missing.push(key);
      }
    }
    const reads = Promise.all(missing.map((key) => readMissed(cache, region, key, source)));
    // A read may fail while those of the next slices are still being begun.
    slices.push(ignoreRejection(reads.then((read) => missing.forEach((key, index) => values.set(key, read[index])))));
  }
  source.allAsked();
  const region = copies.current(opened);
  if (due.length > 0) void background.start(region, due, sourceForLater(cache, region, method, givenIds));
  await Promise.all(slices);
  return { ids, keys, values };
}

/** The values by the ids as given. Ids without a value are left out. @internal */
export async function valuesById({ ids, keys, values }: BulkRead): Promise<Map<unknown, unknown>> {
  const found = new Map<unknown, unknown>();
  await forEachInSlices(keys, (key, index) => {
    const value = values.get(key);
    if (value !== undefined) found.set(ids[index], value);
  });
  return found;
}

/** A source for loads that no reader waits for. What is asked for in one turn shares one call of the loader. */
function sourceForLater(
  cache: LocalCache,
  region: RegionState,
  method: BulkMethod,
  givenIds: ReadonlyMap<string, unknown>,
): LoadSource {
  const source = new BulkSource(cache, region, method, givenIds);
  source.allAsked();
  return source;
}

/** What the ids of one bulk read have in common: each is loaded again by a call of the loader for that id alone. */
class BulkRecipes implements SharedRecipe {
  readonly #cache: LocalCache;
  readonly #method: BulkMethod;
  readonly policy: LoadPolicy;

  constructor(cache: LocalCache, method: BulkMethod, policy: LoadPolicy) {
    this.#cache = cache;
    this.#method = method;
    this.policy = policy;
  }

  /** @param id - as the caller gave it */
  recipe(id: unknown): LoadRecipe {
    return {
      shared: this,
      given: id,
      source: (region, key) => sourceForLater(this.#cache, region, this.#method, new Map([[key, id]])),
    };
  }
}

/** The keys, each once. Those of a slice are in `givenIds` when the slice is taken: to put all of them there at once takes long. */
function* slicesOf(
  ids: readonly unknown[],
  keys: readonly string[],
  givenIds: Map<string, unknown>,
): Generator<readonly string[], void> {
  let slice: string[] = [];
  for (const [index, key] of keys.entries()) {
    if (givenIds.has(key)) continue;
    givenIds.set(key, ids[index]);
    slice.push(key);
    if (!endsSlice(givenIds.size)) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/**
 * Loads keys in batches: the keys that are missing when the read begins share one call of the loader, and so do those that are asked for
 * again in one turn.
 */
class BulkSource implements LoadSource {
  readonly #cache: LocalCache;
  readonly #region: RegionState;
  readonly #method: BulkMethod;
  readonly #givenIds: ReadonlyMap<string, unknown>;
  readonly #attributes: BulkAttributes;
  #recipes: BulkRecipes | undefined;
  #batch: Batch | undefined;
  #uncoordinatedBatch: Batch | undefined;
  #areAllAsked = false;

  /** @param givenIds - the ids as the caller gave them, by canonical key */
  constructor(cache: LocalCache, region: RegionState, method: BulkMethod, givenIds: ReadonlyMap<string, unknown>) {
    this.#cache = cache;
    this.#region = region;
    this.#method = method;
    this.#givenIds = givenIds;
    this.#attributes = new BulkAttributes(method.options, region);
  }

  get where(): string {
    return this.#attributes.where;
  }

  get policy(): LoadPolicy {
    return this.#attributes.policy;
  }

  /** Every id was looked for once: what is missing is in the batch. */
  allAsked(): void {
    this.#areAllAsked = true;
    for (const batch of [this.#batch, this.#uncoordinatedBatch]) batch?.seal();
    this.#batch = undefined;
    this.#uncoordinatedBatch = undefined;
  }

  request(key: string): LoadRequest {
    this.#batch ??= this.#coordinatedBatch();
    const id = this.#givenIds.get(key);
    this.#batch.add(key, id);
    return new BulkLoad(key, id, this.#batch, this.#attributes, this);
  }

  recipe(key: string): LoadRecipe {
    this.#recipes ??= new BulkRecipes(this.#cache, this.#method, this.policy);
    return this.#recipes.recipe(this.#givenIds.get(key));
  }

  uncoordinated(key: string): UncoordinatedLoad {
    if (!this.#uncoordinatedBatch) {
      const keys = new Map<string, unknown>();
      const load = async (ids: unknown[]): Promise<ReadonlyMap<string, unknown>> =>
        this.#valuesByKey(await this.#called(ids), keys);
      const batch = new Batch(keys, load);
      this.#uncoordinatedBatch = batch;
      this.#sealSoon(batch, () => (this.#uncoordinatedBatch = undefined));
    }
    this.#uncoordinatedBatch.add(key, this.#givenIds.get(key));
    const values = this.#uncoordinatedBatch.values();
    return { call: async () => valueIn(await values, key) };
  }

  #coordinatedBatch(): Batch {
    const { clock, executions } = this.#cache;
    const keys = new Map<string, unknown>();
    const execution = new Execution(clock.now(), executions.current, this.#region, keys);
    // The result is read inside of the execution, too: it may be a generator that reads copies.
    const load = (ids: unknown[]): Promise<ReadonlyMap<string, unknown>> =>
      executions.run(execution, async () => this.#valuesByKey(await this.#called(ids), keys));
    const batch = new Batch(keys, load, execution);
    this.#sealSoon(batch, () => (this.#batch = undefined));
    return batch;
  }

  /** What the loader gives, by one call of it. */
  #called(ids: unknown[]): unknown {
    const { loader } = this.#method;
    if (!loadManyTracing.hasSubscribers) return loader(ids);
    const context: LoadManyTrace = { ...this.#cache.identity, region: this.#region.name, ids: ids.length };
    return traced(loadManyTracing, context, () => loader(ids));
  }

  /** All keys that are asked for in this turn are in the batch by then. While the ids are looked for, {@link allAsked} seals it. */
  #sealSoon(batch: Batch, forget: () => void): void {
    if (!this.#areAllAsked) return;
    queueMicrotask(() => {
      forget();
      batch.seal();
    });
  }

  readonly #valuesByKey = (
    result: unknown,
    asked: ReadonlyMap<string, unknown>,
  ): Promise<ReadonlyMap<string, unknown>> => {
    const { idOf, keyOf = keyOfId, identityOf, options } = this.#method;
    return valuesByKey(result, idOf, { asked, keyOf, identityOf, where: options?.where, region: this.#region.name });
  };
}

/** The load of one key in a batch. */
class BulkLoad implements LoadRequest {
  readonly #key: string;
  readonly #id: unknown;
  readonly #batch: Batch;
  readonly #attributes: BulkAttributes;
  readonly #source: BulkSource;

  #isStorable: boolean | undefined;

  constructor(key: string, id: unknown, batch: Batch, attributes: BulkAttributes, source: BulkSource) {
    this.#source = source;
    this.#key = key;
    this.#id = id;
    this.#batch = batch;
    this.#attributes = attributes;
  }

  get where(): string {
    return this.#attributes.where;
  }

  get policy(): LoadPolicy {
    return this.#attributes.policy;
  }

  get recipe(): LoadRecipe {
    return this.#source.recipe(this.#key);
  }

  get tags(): readonly string[] {
    return this.#attributes.knownTags;
  }

  get execution(): Execution | undefined {
    return this.#batch.execution;
  }

  call(): unknown {
    return this.#batch.values();
  }

  valueIn(values: unknown): unknown {
    return valueIn(unsafeCast(values), this.#key);
  }

  tagsOf(value: unknown): readonly string[] {
    return this.isStorable(value) ? this.#attributes.tagsOf(value, this.#id) : this.tags;
  }

  /** The application decides it, so it is asked once, and before everything else. */
  isStorable(value: unknown): boolean {
    return (this.#isStorable ??= this.#attributes.isStorable(value, this.#id));
  }

  ttl(value: unknown): number | undefined {
    return this.isStorable(value) ? this.#attributes.ttlOf(value, this.#id) : undefined;
  }
}

/** An id that is its own key. */
function keyOfId(id: unknown): string {
  return canonicalKey(unsafeCast(id));
}

/** @throws the Error that the loader gave in the place of a value: it says with it that this id alone has failed */
function valueIn(values: ReadonlyMap<string, unknown>, key: string): unknown {
  const value = values.get(key);
  if (isError(value)) throw value;
  return value;
}

/** An Error of any realm. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}
