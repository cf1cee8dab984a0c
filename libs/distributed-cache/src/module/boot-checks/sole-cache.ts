import { InvalidOptionsError } from '../../errors.js';

/** @internal */
export interface RegisteredCache {
  /** `undefined`: the unnamed one. */
  readonly name: string | undefined;
  readonly namespace: string;
}

/** A cache, once it is known how it reaches the others. @internal */
export interface ConnectedCache extends RegisteredCache {
  /** Equal for two caches that would hear each other if they had one namespace; `undefined`: nobody is heard. */
  readonly redisIdentity: unknown;
}

/**
 * Two registrations of one name would leave it to the order of imports which cache a class gets.
 *
 * @throws {InvalidOptionsError}
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
 * Two caches with one namespace would evict each other's entries by accident.
 *
 * @throws {InvalidOptionsError}
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
          `Give each its own namespace, or leave the option out: then it is made of the name.`,
      );
    }
    there.set(cache.namespace, cache);
  }
}

function labelOf({ name }: RegisteredCache): string {
  return name === undefined ? 'the unnamed cache' : `the cache '${name}'`;
}
