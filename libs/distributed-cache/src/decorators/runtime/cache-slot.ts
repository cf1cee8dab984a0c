import { Inject } from '@nestjs/common';
import { type DistributedCache, isDistributedCache } from '../../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../../cache/distributed-cache.token.js';
import type { Region } from '../../cache/region.js';
import { SHARED_VERSION } from '../../common/copies-of-the-library.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { CacheNotInjectedError } from '../../errors.js';
import { applications } from './applications.js';
import { label, type MethodSite } from './method-site.js';
import { PrototypeList } from './prototype-list.js';
import { descriptionOfMissing, whyNoCache } from './why-no-cache.js';

/** What one instance holds in a slot. */
class Holding {
  /** What Nest, or a test, gave to the instance. It may be anything: a test can put a mock in the place of the cache. */
  readonly given: unknown;
  /** The same, once it is known to be a cache that this instance may use. */
  cache: DistributedCache | undefined;
  /** The region of each operation, found once: a further call costs two look-ups. */
  readonly regions: (Region | undefined)[] = [];

  constructor(given: unknown) {
    this.given = given;
  }
}

/**
 * The place in an instance for the cache of its decorated methods. The methods of one class that use the same cache share it.
 *
 * Nest injects into a property, which is an accessor of the prototype: so nothing enumerable is left on the instance, where a log line or
 * the comparison in a test would show it, and an instance that was frozen can hold a cache as well.
 *
 * @internal
 */
export class CacheSlot {
  /** The property into which Nest injects. */
  readonly property: symbol;
  /** The name of the cache; `undefined`: the unnamed cache. */
  readonly cache: string | undefined;
  readonly #holding = Symbol('nestjs-distributed-cache:holding');
  readonly #holdingsOfFrozen = new WeakMap<object, Holding>();
  #operations = 0;

  /** @param target - the prototype of the class that declares the methods */
  constructor(site: MethodSite, cache: string | undefined) {
    // When Nest cannot inject the property, its error prints this description: so it says what to do.
    this.property = Symbol(descriptionOfMissing(site, cache));
    this.cache = cache;
    const give = (instance: object, given: unknown): void => this.give(instance, given);
    const givenTo = (instance: object): unknown => this.givenTo(instance);
    Object.defineProperty(site.target, this.property, {
      configurable: true,
      get: function (this: object) {
        return givenTo(this);
      },
      set: function (this: object, given: unknown) {
        give(this, given);
      },
    });
  }

  /** Puts something into the slot, in place of what is there. */
  give(instance: object, given: unknown): void {
    const holding = new Holding(given);
    if (!Reflect.defineProperty(instance, this.#holding, { value: holding, configurable: true }))
      this.#holdingsOfFrozen.set(instance, holding);
  }

  /** What is in the slot of this instance. */
  givenTo(instance: object): unknown {
    return this.#holdingOf(instance)?.given;
  }

  /** A number for one operation that uses a region. */
  addOperation(): number {
    this.#operations += 1;
    return this.#operations - 1;
  }

  /**
   * The cache that `instance` holds.
   *
   * @throws {CacheNotInjectedError} when it holds none, or something else in its place
   * @throws {InvalidOptionsError} when the instance must not use it: its values would be taken for those of another one
   */
  cacheOf(instance: unknown, site: MethodSite): DistributedCache {
    const cache = isObject(instance) ? this.#holdingOf(instance)?.cache : undefined;
    return cache ?? this.#admitted(instance, site).cache;
  }

  /** The region of an operation on `instance`; @param nameFor - names it at the first call. @throws as {@link cacheOf} */
  regionOf(instance: object, operation: number, site: MethodSite, nameFor: (instance: object) => string): Region {
    const region = isObject(instance) ? this.#holdingOf(instance)?.regions[operation] : undefined;
    if (region !== undefined) return region;
    const { holding, cache } = this.#admitted(instance, site);
    return (holding.regions[operation] = cache.region(nameFor(instance)));
  }

  /** At the first call of a method on an instance: takes what it holds, or what its application has for it. */
  #admitted(instance: unknown, site: MethodSite): { holding: Holding; cache: DistributedCache } {
    const method = label(site.target, site.name);
    if (!isObject(instance)) {
      throw new CacheNotInjectedError(
        `${method} was called without its instance as 'this'. Call it as instance.${String(site.name)}(…), or bind it.`,
      );
    }
    if (this.#holdingOf(instance) === undefined) {
      const cache = applications.cacheFor(instance, this.cache);
      if (cache) this.give(instance, cache);
    }
    const holding = this.#holdingOf(instance);
    const cache = holding?.given;
    if (!holding || !isDistributedCache(cache))
      throw new CacheNotInjectedError(`${method}: ${whyNoCache(instance, site, this.cache, cache)}`);
    applications.admit(instance, cache);
    holding.cache = cache;
    return { holding, cache };
  }

  #holdingOf(instance: object): Holding | undefined {
    // Not `Reflect.get`: every hit comes this way, and that is several times slower.
    const own = unsafeCast<Readonly<Record<symbol, Holding | undefined>>>(instance)[this.#holding];
    return own ?? this.#holdingsOfFrozen.get(instance);
  }
}

const SLOTS = new PrototypeList<CacheSlot>(`nestjs-distributed-cache:slots:${SHARED_VERSION}`);

/** Makes Nest inject a cache into an instance. All methods of one class that use the same cache share a slot. @internal */
export function declareCacheSlot(site: MethodSite, cache: string | undefined): CacheSlot {
  const { target } = site;
  const declared = SLOTS.ownItems(target).find((slot) => slot.cache === cache);
  if (declared) return declared;
  const slot = new CacheSlot(site, cache);
  SLOTS.add(target, slot);
  Inject(getDistributedCacheToken(cache))(target, slot.property);
  return slot;
}

/** The slots of an instance, also those of the classes that it inherits from. @internal */
export function cacheSlotsOf(instance: object): readonly CacheSlot[] {
  return SLOTS.allItems(instance);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
