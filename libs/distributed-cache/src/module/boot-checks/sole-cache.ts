import { InvalidOptionsError } from '../../errors.js';

/** A cache that the application registers. @internal */
export interface RegisteredCache {
  /** `undefined`: the unnamed cache. */
  readonly name: string | undefined;
  readonly namespace: string;
}

/** @internal */
export interface NamedCache extends RegisteredCache {
  /** Whether the namespace is the default, which follows that of the unnamed cache. */
  readonly hasDefaultNamespace: boolean;
}

/** A cache of which it is known how it reaches other instances. @internal */
export interface ConnectedCache extends RegisteredCache {
  /** Equal for two caches that reach the same Redis or bridge; `undefined`: local mode, the cache reaches nobody. */
  readonly redisIdentity: unknown;
}

/**
 * Refuses two registrations of one name: the order of imports would decide which cache a class gets.
 *
 * @throws {InvalidOptionsError} naming the cache
 *
 * @internal
 */
export function refuseSecondRegistration(own: RegisteredCache, all: Iterable<RegisteredCache>): void {
  for (const other of all) {
    if (other === own || other.name !== own.name) continue;
    throw new InvalidOptionsError(
      `DistributedCacheModule registers ${labelOf(own)} twice. Register it once, in the root module (it is global), or give one of them another name.`,
    );
  }
}

/**
 * Refuses two caches with one namespace on one Redis: they would evict each other's entries by accident.
 *
 * @throws {InvalidOptionsError} naming both caches
 *
 * @internal
 */
export function refuseSharedNamespace(all: readonly ConnectedCache[]): void {
  const known = new Map<unknown, Map<string, ConnectedCache>>();
  for (const cache of all) {
    if (cache.redisIdentity === undefined) continue;
    const there = known.get(cache.redisIdentity) ?? new Map<string, ConnectedCache>();
    known.set(cache.redisIdentity, there);
    const other = there.get(cache.namespace);
    if (other) {
      throw new InvalidOptionsError(
        `DistributedCacheModule: ${labelOf(other)} and ${labelOf(cache)} share the namespace '${cache.namespace}' on one Redis. ` +
          `Give each its own namespace, or leave the option out: the default contains the name of the cache.`,
      );
    }
    there.set(cache.namespace, cache);
  }
}

/**
 * Refuses a named cache whose default namespace does not follow that of the unnamed cache, because the options of that one were not there
 * yet: two environments would meet in it by accident.
 *
 * @throws {InvalidOptionsError} naming the cache and the namespace that was meant
 *
 * @internal
 */
export function refuseStrayNamespace(own: NamedCache, all: Iterable<RegisteredCache>): void {
  if (own.name === undefined || !own.hasDefaultNamespace) return;
  for (const { name, namespace } of all) {
    const expected = `${namespace}:${own.name}`;
    if (name !== undefined || own.namespace === expected) continue;
    throw new InvalidOptionsError(
      `DistributedCacheModule: ${labelOf(own)} has no namespace of its own and cannot follow that of the unnamed cache, ` +
        `which is not global and gets its options later. Give it namespace: '${expected}', or leave isGlobal: false out for the unnamed cache.`,
    );
  }
}

function labelOf({ name }: RegisteredCache): string {
  return name === undefined ? 'the unnamed cache' : `the cache '${name}'`;
}
