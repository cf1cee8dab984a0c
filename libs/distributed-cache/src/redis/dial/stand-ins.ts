import { InvalidOptionsError } from '../../errors.js';

const WHAT_TO_USE =
  'The cache needs a real server: its scripts, streams and subscriptions are not imitated well enough. In tests use provideTestCache() or ' +
  "bridge: new InMemoryInvalidationBridge() of nestjs-distributed-cache/testing, or local mode (redisConnectionString: ''); otherwise name a " +
  'server in redisConnectionString, or pass a client of ioredis.';

/**
 * Refuses what is given as `redis` and is neither a client of ioredis nor options of it.
 *
 * Looks at properties, not at the class: the client may come from another copy of ioredis. A stand-in in the place of ioredis, or a client
 * of another package, is alike enough to be taken for one, and would fail later, each time in another way.
 *
 * @throws {InvalidOptionsError} with what to use instead
 *
 * @internal
 */
export function refuseStandIn(redis: object): void {
  if (!isClient(redis) || isOfIoredis(redis)) return;
  if (
    typeof Reflect.get(redis, 'isOpen') === 'boolean' ||
    typeof Reflect.get(redis, 'withTypeMapping') === 'function'
  ) {
    throw new InvalidOptionsError(
      "redis: this is a client of the package 'redis' (node-redis). Pass a client of ioredis, or name the server in redisConnectionString.",
    );
  }
  throw new InvalidOptionsError(
    `redis: this is no client of ioredis, but a stand-in such as ioredis-mock. ${WHAT_TO_USE}`,
  );
}

/** Refuses a stand-in that a test has put in the place of the package. @param redis - what the package makes @internal */
export function refuseStandInOfPackage(redis: object): void {
  if (isOfIoredis(redis)) return;
  throw new InvalidOptionsError(
    `The package ioredis is replaced by a stand-in, such as ioredis-mock or a mock of the test runner. ${WHAT_TO_USE}`,
  );
}

/** Options are data; a client has methods, whichever package it is of. */
function isClient(redis: object): boolean {
  return ['duplicate', 'eval', 'get', 'publish'].some((method) => typeof Reflect.get(redis, method) === 'function');
}

function isOfIoredis(redis: object): boolean {
  return typeof Reflect.get(redis, 'status') === 'string' && typeof Reflect.get(redis, 'isCluster') === 'boolean';
}
