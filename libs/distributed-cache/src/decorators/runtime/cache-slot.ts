import { Inject } from '@nestjs/common';
import { type DistributedCache, isDistributedCache } from '../../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../../cache/distributed-cache.token.js';
import { CacheNotInjectedError } from '../../errors.js';
import { classNameOf, label, type MethodSite } from './method-site.js';
import { PrototypeList } from './prototype-list.js';

/** The property of an instance that holds the cache for its decorated methods. @internal */
export interface CacheSlot {
  readonly property: symbol;
  /** The name of the cache; `undefined`: the unnamed cache. */
  readonly cache: string | undefined;
}

const SLOTS = new PrototypeList<CacheSlot>('nestjs-distributed-cache:slots');

/** Makes Nest inject the cache into a property. All methods of one class that use the same cache share that property. @internal */
export function declareCacheSlot({ decorator, target }: MethodSite, cache: string | undefined): CacheSlot {
  const declared = SLOTS.ownItems(target).find((slot) => slot.cache === cache);
  if (declared) return declared;
  // When Nest cannot inject the property, its error prints this description: so it says what to do.
  const slot = { property: Symbol(helpFor(decorator, target, cache)), cache };
  SLOTS.add(target, slot);
  Inject(getDistributedCacheToken(cache))(target, slot.property);
  return slot;
}

/**
 * The cache that `instance` holds in `slot`.
 *
 * @throws {CacheNotInjectedError} when the instance holds no cache, or something else in its place, such as an auto-mock
 *
 * @internal
 */
export function cacheIn(slot: CacheSlot, instance: unknown, { target, name }: MethodSite): DistributedCache {
  const method = label(target, name);
  if (typeof instance !== 'object' || instance === null) {
    throw new CacheNotInjectedError(
      `${method} was called without its instance as 'this'. Call it as instance.${String(name)}(…), or bind it.`,
    );
  }
  const cache: unknown = Reflect.get(instance, slot.property);
  if (isDistributedCache(cache)) return cache;
  const problem =
    cache === undefined || cache === null
      ? 'the instance has no cache, because Nest did not inject one'
      : 'the object that was injected as the cache is not a DistributedCache (an auto-mock?)';
  throw new CacheNotInjectedError(`${method}: ${problem}. ${recipeFor(target, slot.cache)}`);
}

/**
 * Gives the caches for its decorated methods to an instance that Nest did not inject. A slot that is filled already stays as it is.
 *
 * @param cacheNamed - gives the cache with a name (`undefined`: the unnamed cache); if it returns `undefined`, the slot stays empty
 *
 * @internal
 */
export function fillCacheSlots(
  instance: object,
  cacheNamed: (name: string | undefined) => DistributedCache | undefined,
): void {
  for (const slot of SLOTS.allItems(instance)) {
    if (Reflect.get(instance, slot.property) === undefined)
      Reflect.set(instance, slot.property, cacheNamed(slot.cache));
  }
}

function helpFor(decorator: string, target: object, cache: string | undefined): string {
  return (
    `the cache that ${decorator} of ${classNameOf(target)} needs: import DistributedCacheModule.forRoot(${cache === undefined ? '' : `{ name: '${cache}' }`}) ` +
    `from 'nestjs-distributed-cache' into the root module, or in a test add ${provideTestCache(cache)} from 'nestjs-distributed-cache/testing' to the providers`
  );
}

function recipeFor(target: object, cache: string | undefined): string {
  return (
    `In a test, add ${provideTestCache(cache)} to the providers of the testing module, or wrap an instance of your own: ` +
    `withTestCache(new ${classNameOf(target)}(…)); both are from 'nestjs-distributed-cache/testing'. ` +
    `In an application, let Nest create the instance from its class.`
  );
}

function provideTestCache(cache: string | undefined): string {
  return cache === undefined ? 'provideTestCache()' : `provideTestCache({ name: '${cache}' })`;
}
