import { canonicalKey, type CacheKey } from '../../keys/canonical-key.js';
import type { LoadContext } from '../../cache/loading/load-context.js';
import type { SingleMethod } from '../../cache/loading/single-load.js';
import { computedTtl, isStorable, type LabelledLoadOptions } from '../../cache/store-options.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { policiesIn } from '../../cache/policies/load-policies.js';
import type { Region } from '../../cache/region.js';
import type { AnyCacheableOptions } from '../cacheable.options.js';
import { regionAt, slotAt } from './bound-region.js';
import { keyOfArguments } from './handler-arguments.js';
import { label, type MethodSite, placeOf } from './method-site.js';
import type { Proceed } from './replace-method.js';

/** Gives what the cache holds, and lets `proceed` load what it does not. @internal */
export function cachedRead(site: MethodSite, options: AnyCacheableOptions, proceed: Proceed): Proceed {
  const regionOf = regionAt(site, options.region, slotAt(site, options.cache));
  const { key: keyOf, condition } = options;
  const keyByDefault = keyOfArguments(site);
  const place = placeOf(site);
  const whereKey = `${place}: key`;
  const stored = attributesOfEveryCall(site, options);
  const load = computesAttributes(options) ? loadWithAttributes(place, options, proceed) : undefined;

  const methods = new WeakMap<object, { readonly region: Region; readonly method: SingleMethod }>();
  /** How this method loads on `instance`; the entries that it loads share it. */
  const methodOn = (instance: object, region: Region): SingleMethod => {
    const known = methods.get(instance);
    if (known?.region === region) return known.method;
    const call = load
      ? (args: unknown, context: LoadContext) => load(region, instance, unsafeCast(args), context)
      : (args: unknown) => proceed(instance, unsafeCast(args));
    const method = region.methodOf(call, stored);
    methods.set(instance, { region, method });
    return method;
  };

  // The way of every hit: nothing here but the two lookups and the key.
  return (instance, args) => {
    try {
      const region = regionOf(instance);
      if (condition !== undefined && !condition.apply(instance, args)) return promiseOf(proceed, instance, args);
      const key = keyOf === undefined ? keyByDefault(instance, args) : keyOfCall(keyOf, instance, args);
      const canonical = canonicalKey(key, whereKey);
      return (
        region.cached(canonical) ?? region.load(canonical, methodOn(instance, region).recipeFor(canonical, key, args))
      );
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** Most methods have one argument, and a call that is written out costs a twentieth of a hit less than one with a list. */
function keyOfCall(keyOf: (...args: unknown[]) => CacheKey, instance: object, args: unknown[]): CacheKey {
  return args.length === 1 ? keyOf.call(instance, args[0]) : keyOf.apply(instance, args);
}

type Load = (region: Region, instance: object, args: unknown[], context: LoadContext) => Promise<unknown>;

function loadWithAttributes(place: string, options: AnyCacheableOptions, proceed: Proceed): Load {
  const { unless, ttl, tags } = options;
  return async (region, instance, args, context) => {
    const result = await proceed(instance, args);
    const { policy } = region.state.settings;
    const { cacheUndefined = policy.cacheUndefined } = options;
    // It is not stored, so nothing is asked about it.
    if (!isStorable(result, { cacheUndefined })) return result;
    if (unless?.call(instance, result, ...args)) {
      context.skip();
      return result;
    }
    const lifetime =
      typeof ttl === 'function' ? computedTtl(ttl.call(instance, result, ...args), `${place}: ttl`) : undefined;
    if (lifetime !== undefined) context.setTtl(lifetime);
    if (typeof tags === 'function') context.setTags(tags.call(instance, result, ...args));
    return result;
  };
}

function computesAttributes({ unless, ttl, tags }: AnyCacheableOptions): boolean {
  return unless !== undefined || typeof ttl === 'function' || typeof tags === 'function';
}

function attributesOfEveryCall(
  { target, name }: MethodSite,
  { ttl, tags, ...options }: AnyCacheableOptions,
): LabelledLoadOptions {
  return {
    ...policiesIn(options),
    where: label(target, name),
    ttl: typeof ttl === 'function' ? undefined : ttl,
    tags: typeof tags === 'function' ? undefined : tags,
  };
}

/** The method, run as if it were not decorated. An error that it throws at once rejects the promise. @internal */
export function promiseOf(proceed: Proceed, instance: object, args: unknown[]): Promise<unknown> {
  return new Promise((resolve) => resolve(proceed(instance, args)));
}
