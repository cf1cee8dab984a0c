import { types } from 'node:util';
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

/** Where what an instance holds has come from. */
interface Origin {
  /** Whether `withTestCache` gave it, which nothing replaces but another `withTestCache`. */
  readonly isChosen?: boolean;
  /** Whether the application that gave it has left, so that another one may have something for the instance. */
  readonly isReleased?: boolean;
  /** What the instance was seen to hold through another object: the target of a proxy, or its prototype. */
  readonly seenThrough?: Holding | undefined;
}

/** Owns what a frozen instance held before and cannot let go of. */
const NOBODY = {};

/** What one instance holds in a slot. */
class Holding {
  /** What Nest, or a test, gave to the instance. It may be anything: a test can put a mock in the place of the cache. */
  readonly given: unknown;
  /** The instance that holds it; `undefined`: it was given through a proxy, which does not say whose it is. */
  owner: object | undefined;
  readonly origin: Origin;
  /** The same, once it is known to be a cache that this instance may use. */
  cache: DistributedCache | undefined;
  /** The region of each operation, found once: a further call costs two look-ups. */
  readonly regions: (Region | undefined)[] = [];

  constructor(given: unknown, owner: object | undefined, origin: Origin) {
    this.given = given;
    this.owner = owner;
    this.origin = origin;
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
  /** Of instances that cannot have the property, or that see the one of another object: frozen ones, proxies, and objects made of objects. */
  readonly #apart = new WeakMap<object, Holding>();
  #operations = 0;

  /** @param target - the prototype of the class that declares the methods */
  constructor(site: MethodSite, cache: string | undefined) {
    // When Nest cannot inject the property, its error prints this description: so it says what to do.
    this.property = Symbol(descriptionOfMissing(site, cache));
    this.cache = cache;
    const give = (instance: object, given: unknown): void => void this.give(instance, given);
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
  give(instance: object, given: unknown, origin: Origin = {}): Holding {
    const isProxy = types.isProxy(instance);
    const holding = new Holding(given, isProxy ? undefined : instance, origin);
    const isHeld = Reflect.defineProperty(instance, this.#holding, { value: holding, configurable: true });
    if (isHeld && !isProxy) return holding;
    const seen = this.#seenIn(instance);
    if (!isHeld && seen?.owner === instance) seen.owner = NOBODY;
    return this.#giveApart(instance, given, { ...origin, seenThrough: seen });
  }

  /** The application that gave it leaves: at its next call the instance looks for another one, and keeps what it has if there is none. */
  release(instance: object): void {
    const holding = this.#ownHolding(instance);
    if (holding && !holding.origin.isChosen) this.give(instance, holding.given, { isReleased: true });
  }

  /** What is in the slot of this instance. */
  givenTo(instance: object): unknown {
    return this.#ownHolding(instance)?.given;
  }

  /** Whether `withTestCache` has filled the slot. */
  isChosen(instance: object): boolean {
    return this.#ownHolding(instance)?.origin.isChosen === true;
  }

  /** The instance itself, or the one that a proxy stands for. */
  identityOf(instance: object): object {
    return (types.isProxy(instance) ? this.#seenIn(instance)?.owner : undefined) ?? instance;
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
    let holding = this.#ownHolding(instance);
    if (isOpenTo(holding)) {
      const cache = applications.cacheFor(instance, this.cache);
      if (cache) holding = this.give(instance, cache);
    }
    const cache = holding?.given;
    if (!holding || !isDistributedCache(cache))
      throw new CacheNotInjectedError(`${method}: ${whyNoCache(instance, site, this.cache, cache)}`);
    applications.admit(instance, cache);
    holding.cache = cache;
    return { holding, cache };
  }

  /** What the instance itself holds, as far as is known: every hit comes this way. */
  #holdingOf(instance: object): Holding | undefined {
    const seen = this.#seenIn(instance);
    if (seen !== undefined && seen.owner === instance) return seen;
    const apart = this.#apart.get(instance);
    return apart !== undefined && apart.origin.seenThrough === seen ? apart : undefined;
  }

  /** As {@link #holdingOf}; an instance that only sees what another object holds is given the same from now on, and regions of its own. */
  #ownHolding(instance: object): Holding | undefined {
    const seen = this.#seenIn(instance);
    if (seen?.owner === undefined && seen && !types.isProxy(instance) && Object.hasOwn(instance, this.#holding))
      seen.owner = instance;
    const own = this.#holdingOf(instance);
    if (own !== undefined || seen === undefined) return own;
    return this.#giveApart(instance, seen.given, { ...seen.origin, seenThrough: seen });
  }

  #giveApart(instance: object, given: unknown, origin: Origin): Holding {
    const apart = new Holding(given, instance, origin);
    this.#apart.set(instance, apart);
    return apart;
  }

  /** What can be seen in the instance: its own, or that of the target of a proxy or of its prototype. */
  #seenIn(instance: object): Holding | undefined {
    // Not `Reflect.get`, which is several times slower.
    return unsafeCast<Readonly<Record<symbol, Holding | undefined>>>(instance)[this.#holding];
  }
}

/** Whether another application may have something for an instance that holds this. */
function isOpenTo(holding: Holding | undefined): boolean {
  if (holding === undefined) return true;
  const { given, origin } = holding;
  return !origin.isChosen && (origin.isReleased === true || (isDistributedCache(given) && given.isClosed));
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

/** The instance itself, or the one that a proxy stands for, as far as that is known. @internal */
export function identityOf(instance: object): object {
  return cacheSlotsOf(instance)[0]?.identityOf(instance) ?? instance;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
