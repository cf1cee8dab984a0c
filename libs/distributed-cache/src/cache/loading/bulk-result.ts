import { types } from 'node:util';
import { forEachInSlices } from '../../common/in-slices.js';
import { InvalidOptionsError } from '../../errors.js';

/** The result of a bulk loader: the values by id, or pairs of id and value. @publicApi */
export type BulkResult<Id, V> = ReadonlyMap<Id, V> | Iterable<readonly [Id, V]>;

/** Tells the id of a value in a list; `'position'`: the list has one item per id, in the same order. @internal */
export type IdOf = ((value: unknown) => unknown) | 'position';

/** What the ids of a result are compared with. @internal */
export interface AskedIds {
  /** The ids as the caller gave them, by canonical key, in the order in which the loader got them. */
  readonly asked: ReadonlyMap<string, unknown>;
  keyOf(id: unknown): string;
  /** What ids are told apart by; `undefined`: their keys. */
  readonly identityOf: ((id: unknown) => string) | undefined;
  /** What errors call the method whose result it is; `undefined`: a loader of the region. */
  readonly where: string | undefined;
  readonly region: string;
}

/**
 * The values that a bulk loader returned, by canonical key. Values that were not asked for are left out.
 *
 * @throws {InvalidOptionsError} when it cannot be told which value belongs to which id
 *
 * @internal
 */
export async function valuesByKey(
  result: unknown,
  idOf: IdOf | undefined,
  ids: AskedIds,
): Promise<ReadonlyMap<string, unknown>> {
  const { asked } = ids;
  if (!isIterable(result)) {
    throw refused(
      ids,
      'gave nothing that can be iterated',
      'a Map from id to value, a list of [id, value], or a list with idOf',
    );
  }
  const items = await itemsOf(result);
  const values = new Map<string, unknown>();
  if (idOf === 'position') {
    if (items.length !== asked.size) {
      throw refused(
        ids,
        `gave ${items.length} values for ${asked.size} ids`,
        `with idOf: 'position', exactly one item per id, in the same order`,
      );
    }
    await forEachInSlices(asked.keys(), (key, index) => values.set(key, items[index]));
    return values;
  }
  const identityOf = ids.identityOf ?? ((id: unknown) => ids.keyOf(id));
  const found = new Map<string, unknown>();
  await forEachInSlices(items, (item) => {
    if (idOf) {
      // Some ORMs put null into the list for a row that they did not find.
      if (item !== null && item !== undefined) found.set(identityOf(idOf(item)), item);
    } else if (isPair(item)) found.set(identityOf(item[0]), item[1]);
    else {
      throw refused(
        ids,
        'gave a list of values',
        'idOf, which tells the id of each: rows may come in another order, or not at all',
      );
    }
  });
  await forEachInSlices(asked, ([key, id]) => {
    const identity = ids.identityOf ? identityOf(id) : key;
    if (found.has(identity)) values.set(key, found.get(identity));
  });
  return values;
}

/** What the application may change while the event loop has its turns is copied at once. A generator runs in slices. */
async function itemsOf(result: Iterable<unknown>): Promise<readonly unknown[]> {
  if (Array.isArray(result) || types.isMap(result) || types.isSet(result)) return [...result];
  const items: unknown[] = [];
  await forEachInSlices(result, (item) => items.push(item));
  return items;
}

function refused({ where, region }: AskedIds, what: string, allowed: string): InvalidOptionsError {
  const loader = where === undefined ? `Region '${region}': the loader of getOrLoadMany` : `${where}: the method`;
  return new InvalidOptionsError(`${loader} ${what}; needed: ${allowed}. Nothing was stored.`);
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function isPair(item: unknown): item is readonly [unknown, unknown] {
  return Array.isArray(item) && item.length === 2;
}
