import { types } from 'node:util';
import type { LabelledBulkOptions } from '../../cache/loading/bulk-attributes.js';
import { valuesById, type BulkRead, type BulkRequest } from '../../cache/loading/bulk-load.js';
import { describeKind } from '../../common/describe-value.js';
import { forEachInSlices } from '../../common/in-slices.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { InvalidKeyError } from '../../errors.js';
import { canonicalKey } from '../../keys/canonical-key.js';
import { defaultKey } from '../../keys/default-key.js';
import type { AnyCacheableManyOptions } from '../cacheable-many.options.js';
import { regionAt, slotAt } from './bound-region.js';
import { promiseOf } from './cached-read.js';
import { keyOfArguments } from './handler-arguments.js';
import { label, type MethodSite, placeOf } from './method-site.js';
import type { Proceed } from './replace-method.js';

/** Gives what the cache holds of the ids in the first argument, and lets `proceed` load those that are missing. @internal */
export function cachedBulkRead(site: MethodSite, options: AnyCacheableManyOptions, proceed: Proceed): Proceed {
  const { region, cache, condition, key, idOf, ...attributes } = options;
  const regionOf = regionAt(site, region, slotAt(site, cache));
  const place = placeOf(site);
  const keysFor = keysOfCall(site, key);
  const attributesFor = attributesOfCall(site, attributes);
  const shaped = shapeFor(idOf);

  return (instance, args) => {
    try {
      const boundRegion = regionOf(instance);
      const [given, ...rest] = args;
      const isSet = types.isSet(given);
      // The caller may change the list while the method runs, or may have given what can be iterated only once.
      const ids = idsIn(given, place);
      const all = Array.isArray(given) || isSet ? args : [ids, ...rest];
      if (condition !== undefined && !condition.apply(instance, all)) return promiseOf(proceed, instance, all);
      const request: BulkRequest = {
        ids,
        loader: (missing) => proceed(instance, [isSet ? new Set(missing) : missing, ...rest]),
        idOf: typeof idOf === 'function' ? (value) => idFrom(idOf.call(instance, value), place) : idOf,
        options: attributesFor(instance, rest),
        ...keysFor(instance, rest),
      };
      return boundRegion.loadMany(request).then(shaped);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

function idsIn(given: unknown, place: string): unknown[] {
  // A text can be iterated too, letter by letter: nobody means that.
  if (typeof given === 'object' && given !== null && Symbol.iterator in given)
    return [...unsafeCast<Iterable<unknown>>(given)];
  throw new InvalidKeyError(
    `${place}: the first argument is ${describeKind(given)}; allowed: a list of ids, or anything else that can be iterated.`,
  );
}

/** Mostly a property that the row does not have. */
function idFrom(given: unknown, place: string): unknown {
  if (given !== undefined && given !== null) return given;
  throw new InvalidKeyError(
    `${place}: idOf gave ${describeKind(given)}; needed: the id of the value, as it is in the list that the method takes.`,
  );
}

type KeysOfCall = (instance: object, rest: unknown[]) => Pick<BulkRequest, 'keyOf' | 'identityOf'>;

function keysOfCall(site: MethodSite, key: AnyCacheableManyOptions['key']): KeysOfCall {
  const place = placeOf(site);
  if (key !== undefined) {
    const where = `${place}: key`;
    return (instance, rest) => ({ keyOf: (id) => canonicalKey(key.call(instance, id, ...rest), where) });
  }
  // The guard of `defaultKey` for one string: such an id must not look like the key of an id and further arguments.
  const whereId = `${place}: an id`;
  const keyOfId = (id: unknown): string =>
    canonicalKey(typeof id === 'string' ? defaultKey(id) : unsafeCast(id), whereId);
  const keyByDefault = keyOfArguments(site);
  return (instance, rest) =>
    rest.length === 0
      ? { keyOf: keyOfId }
      : // A row may hold the number 7 as its id where '7' was asked for. The key of all arguments would tell them apart.
        { keyOf: (id) => canonicalKey(keyByDefault(instance, [id, ...rest]), place), identityOf: keyOfId };
}

type PerIdAttributes = Omit<AnyCacheableManyOptions, 'region' | 'cache' | 'condition' | 'key' | 'idOf'>;

/** What is not a function is the same for every call, and passed on as it was given. */
function attributesOfCall(
  { target, name }: MethodSite,
  { unless, ttl, tags, ...others }: PerIdAttributes,
): (instance: object, rest: unknown[]) => LabelledBulkOptions {
  const where = label(target, name);
  return (instance, rest) => ({
    ...others,
    where,
    unless: unless && ((value, id) => unless.call(instance, value, id, ...rest)),
    ttl: typeof ttl === 'function' ? (value, id) => ttl.call(instance, value, id, ...rest) : ttl,
    tags: typeof tags === 'function' ? (value, id) => tags.call(instance, value, id, ...rest) : tags,
  });
}

/** Gives the caller what the method would have given. */
function shapeFor(idOf: AnyCacheableManyOptions['idOf']): (read: BulkRead) => unknown {
  if (idOf === undefined) return valuesById;
  return idOf === 'position' ? itemsByPosition : rowsInOrder;
}

async function itemsByPosition({ keys, values }: BulkRead): Promise<unknown[]> {
  const items: unknown[] = [];
  await forEachInSlices(keys, (key) => items.push(values.get(key)));
  return items;
}

/** Each row once, as a query gives them. `null` may come from another reader of the region: it says that there is no row. */
async function rowsInOrder({ keys, values }: BulkRead): Promise<unknown[]> {
  const rows: unknown[] = [];
  const seen = new Set<string>();
  await forEachInSlices(keys, (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const row = values.get(key);
    if (row !== undefined && row !== null) rows.push(row);
  });
  return rows;
}
