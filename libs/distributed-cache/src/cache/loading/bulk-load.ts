import { InvalidOptionsError } from '../../errors.js';
import { Execution } from './execution.js';
import { canonicalKey, type CacheKey } from '../../keys/canonical-key.js';
import type { Load } from './load.js';
import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import { canonicalTags, isStorable, ttlOf, type StoreOptions } from '../store-options.js';
import { valueToServe } from '../values.js';

/** What a bulk loader may give: the values by id, or a list whose ids `idOf` tells. @publicApi */
export type BulkResult<Id, V> = ReadonlyMap<Id, V> | Iterable<readonly [Id, V]>;

/** @publicApi */
export interface BulkLoadOptions<V> extends Omit<StoreOptions, 'tags'> {
  /** Tags of every value, or of each. */
  tags?: string | readonly string[] | ((value: V) => string | readonly string[]) | undefined;
}

/** @publicApi */
export interface BulkListOptions<V> extends BulkLoadOptions<V> {
  /**
   * The id of a value in the list, or `'position'`: the list has one item per id, in the same order. ORMs reorder rows and omit those
   * they do not find, so a list without this could store one row under the id of another.
   */
  idOf: ((value: V) => CacheKey) | 'position';
}

/** @internal */
export interface BulkRequest {
  readonly ids: Iterable<CacheKey>;
  readonly loader: (missing: CacheKey[]) => unknown;
  readonly idOf: ((value: unknown) => CacheKey) | 'position' | undefined;
  readonly options: BulkLoadOptions<unknown> | undefined;
}

/**
 * What is cached of `ids`, and the rest through one call of the loader. Every id is a load of its own: it can be joined, and is fenced,
 * by itself.
 *
 * @internal
 */
export async function loadMany(
  cache: LocalCache,
  region: RegionState,
  request: BulkRequest,
): Promise<Map<CacheKey, unknown>> {
  const ids = Array.from(request.ids, (id) => ({ id, key: canonicalKey(id) }));
  const keys = new Map<string, CacheKey>();
  for (const { id, key } of ids) keys.set(key, keys.get(key) ?? id);
  const values = new Map<string, unknown>();
  for (let wanted = keys; wanted.size > 0;) wanted = await loadOnce(cache, region, request, wanted, values);

  const found = new Map<CacheKey, unknown>();
  for (const { id, key } of ids) {
    const value = values.get(key);
    if (value !== undefined) found.set(id, value);
  }
  return found;
}

/** Puts the values of the `wanted` keys into `values`; gives those whose load was overtaken before this reader joined it. */
async function loadOnce(
  cache: LocalCache,
  region: RegionState,
  request: BulkRequest,
  wanted: ReadonlyMap<string, CacheKey>,
  values: Map<string, unknown>,
): Promise<Map<string, CacheKey>> {
  const current = cache.executions.current;
  const askedAt = cache.coherence.applied.sequence;
  const joined = new Map<string, Load>();
  const missing = new Map<string, CacheKey>();
  const direct = new Map<string, CacheKey>();
  for (const [key, id] of wanted) {
    const entry = cache.servable(region, key);
    if (entry) {
      values.set(key, cache.hit(region, entry));
      continue;
    }
    cache.miss(region, key);
    const load = cache.isServing ? cache.loads.joinableFrom(current, region, key) : 'uncoordinated';
    if (load === 'uncoordinated') direct.set(key, id);
    else if (load) joined.set(key, load);
    else missing.set(key, id);
  }
  for (const [key, load] of startLoads(cache, region, request, missing)) joined.set(key, load);

  const overtaken = new Map<string, CacheKey>();
  const join = async ([key, load]: [string, Load]): Promise<void> => {
    const outcome = await cache.loads.join(load, current);
    const id = wanted.get(key);
    if (cache.loads.accepts(outcome, askedAt, current))
      values.set(key, valueToServe(outcome.value, region.settings.values, region.name));
    else if (id !== undefined) overtaken.set(key, id);
  };
  const loadDirectly = async (): Promise<void> => {
    if (direct.size === 0) return;
    for (const [key, value] of byKey(await request.loader([...direct.values()]), request, direct, region))
      values.set(key, value);
  };
  await Promise.all([loadDirectly(), ...[...joined].map(join)]);
  return overtaken;
}

function startLoads(
  cache: LocalCache,
  region: RegionState,
  request: BulkRequest,
  missing: ReadonlyMap<string, CacheKey>,
): ReadonlyMap<string, Load> {
  const loads = new Map<string, Load>();
  if (missing.size === 0) return loads;
  const { options } = request;
  const ttl = ttlOf(options?.ttl, `Region '${region.name}'`);
  const tags = options?.tags;
  const knownTags = typeof tags === 'function' ? [] : canonicalTags(tags);
  const tagsOf = (value: unknown): readonly string[] =>
    typeof tags !== 'function' ? knownTags : value === undefined || value === null ? [] : canonicalTags(tags(value));

  const execution = new Execution(cache.clock.now(), cache.executions.current, region, new Set(missing.keys()));
  let begin: () => void = () => {};
  let waiting = missing.size;
  // Every load has its mark among the applied invalidations, also one that had to wait its turn, before the one call for all of them begins.
  const began = new Promise<void>((resolve) => (begin = resolve));
  const loaded = began
    .then(() => cache.executions.run(execution, () => request.loader([...missing.values()])))
    .then((result) => byKey(result, request, missing, region));
  for (const key of missing.keys()) {
    const load = cache.loads.start({
      region,
      key,
      tags: knownTags,
      execution,
      tagsOf,
      call: async () => {
        waiting -= 1;
        if (waiting === 0) begin();
        return (await loaded).get(key);
      },
      store: (value, loadedAt) => {
        if (isStorable(value, options)) cache.store(region, key, value, loadedAt, ttl, tagsOf(value));
      },
    });
    loads.set(key, load);
  }
  return loads;
}

/** The loader's result by canonical key; what was not asked for is left out. */
function byKey(
  result: unknown,
  { idOf }: BulkRequest,
  asked: ReadonlyMap<string, CacheKey>,
  region: RegionState,
): ReadonlyMap<string, unknown> {
  const items = isIterable(result) ? [...result] : undefined;
  if (!items)
    throw refused(
      region,
      'gave nothing that can be iterated',
      'a Map from id to value, a list of [id, value], or a list with idOf',
    );
  const keys = [...asked.keys()];
  if (idOf === 'position') {
    if (items.length !== keys.length) {
      throw refused(
        region,
        `gave ${items.length} values for ${keys.length} ids`,
        `with idOf: 'position', exactly one item per id, in the same order`,
      );
    }
    return new Map(items.map((value, index) => [keys[index] ?? '', value]));
  }
  const values = new Map<string, unknown>();
  for (const item of items) {
    if (idOf) {
      // An ORM may say "not found" by null inside the list.
      if (item !== null && item !== undefined) values.set(canonicalKey(idOf(item)), item);
    } else if (isPair(item)) values.set(canonicalKey(item[0]), item[1]);
    else
      throw refused(
        region,
        'gave a list of values',
        'idOf, which tells the id of each: rows may come in another order, or not at all',
      );
  }
  for (const key of values.keys()) if (!asked.has(key)) values.delete(key);
  return values;
}

function refused(region: RegionState, what: string, allowed: string): InvalidOptionsError {
  return new InvalidOptionsError(
    `Region '${region.name}': the loader of getOrLoadMany ${what}; needed: ${allowed}. Nothing was stored.`,
  );
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function isPair(item: unknown): item is readonly [CacheKey, unknown] {
  return Array.isArray(item) && item.length === 2;
}
