import { InvalidOptionsError } from '../../errors.js';
import { canonicalKey, type CacheKey } from '../../keys/canonical-key.js';

/** The result of a bulk loader: the values by id, or pairs of id and value. @publicApi */
export type BulkResult<Id, V> = ReadonlyMap<Id, V> | Iterable<readonly [Id, V]>;

/** Tells the id of a value in a list; `'position'`: the list has one item per id, in the same order. @internal */
export type IdOf = ((value: unknown) => CacheKey) | 'position';

/**
 * The values that a bulk loader returned, by canonical key. Values that were not asked for are left out.
 *
 * @param asked - the ids as the caller gave them, by canonical key, in the order in which the loader got them
 * @throws {InvalidOptionsError} when it cannot be told which value belongs to which id
 *
 * @internal
 */
export function valuesByKey(
  result: unknown,
  idOf: IdOf | undefined,
  asked: ReadonlyMap<string, CacheKey>,
  region: string,
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
      // Some ORMs put null into the list for a row that they did not find.
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

function refused(region: string, what: string, allowed: string): InvalidOptionsError {
  return new InvalidOptionsError(
    `Region '${region}': the loader of getOrLoadMany ${what}; needed: ${allowed}. Nothing was stored.`,
  );
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function isPair(item: unknown): item is readonly [CacheKey, unknown] {
  return Array.isArray(item) && item.length === 2;
}
