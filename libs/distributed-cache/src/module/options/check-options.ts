import { describeValue, shortened } from '../../common/describe-value.js';
import { InvalidOptionsError } from '../../errors.js';
import type { DistributedCacheOptions, RegionOptions } from './distributed-cache.options.js';
import { nearestName } from './nearest-name.js';
import { flag, notAllowed } from './option-rules.js';

const OPTIONS = namesOf<DistributedCacheOptions>({
  redisConnectionString: true,
  redis: true,
  bridge: true,
  namespace: true,
  ttl: true,
  ttlJitter: true,
  maxEntries: true,
  maxSize: true,
  sizeOf: true,
  maxStaleness: true,
  whenDisconnected: true,
  values: true,
  regions: true,
  onUndelivered: true,
  abortConnect: true,
  enabled: true,
  cacheManager: true,
  invalidationLogLength: true,
  outboxLimit: true,
  publishTimeout: true,
  commandTimeout: true,
  drainTimeout: true,
  minReplicas: true,
  reevictAfter: true,
  clock: true,
});

const REGION_OPTIONS = namesOf<RegionOptions>({ ttl: true, maxEntries: true, values: true, whenDisconnected: true });

/**
 * Checks all of `options` that does not become a setting: that there are no others, how Redis is reached, and what contradicts itself.
 * No message repeats what may hold a secret.
 *
 * @throws {InvalidOptionsError} when something is not allowed
 *
 * @internal
 */
export function checkOptions(options: DistributedCacheOptions): void {
  // Options can come from a factory or a file, past the compiler; even a connection string may stand in their place.
  if (!isObject(options)) notAllowed('the options', kindOf(options), 'an object');
  checkNames(options, OPTIONS, '');
  if (options.regions !== undefined) checkRegions(options.regions);

  checkConnectionString(options.redisConnectionString);
  checkRedis(options.redis);
  checkMethods(options.bridge, ['dial', 'isAfter'], 'bridge', 'an InvalidationBridge');
  checkMethods(options.clock, ['now', 'wallNow', 'schedule', 'nextTurn'], 'clock', 'a Clock');
  if (options.abortConnect !== undefined) flag(options.abortConnect, 'abortConnect');
  if (options.cacheManager !== undefined) flag(options.cacheManager, 'cacheManager');

  checkContradictions(options);
}

function checkNames(options: object, known: readonly string[], path: string): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new InvalidOptionsError(`${path}${shortened(name)}: there is no such option. ${suggestion(name, known)}`);
  }
}

function suggestion(name: string, known: readonly string[]): string {
  if (known === OPTIONS && ['name', 'isGlobal'].includes(name)) {
    return 'Of forRootAsync() it stands beside useFactory, useClass or useExisting, not in the options that these make.';
  }
  const nearest = nearestName(name, known);
  return nearest === undefined ? `There are: ${known.join(', ')}.` : `Did you mean ${nearest}?`;
}

function checkRegions(regions: Readonly<Record<string, RegionOptions | undefined>>): void {
  if (!isObject(regions)) {
    notAllowed('regions', describeValue(regions), 'an object that holds the options of each region under its name');
  }
  for (const [name, region] of Object.entries(regions)) {
    if (name === '') notAllowed('regions', "the name ''", 'names that are not empty');
    if (region === undefined) continue;
    if (!isObject(region)) notAllowed(`regions.${shortened(name)}`, describeValue(region), 'an object');
    checkNames(region, REGION_OPTIONS, `regions.${shortened(name)}.`);
  }
}

function checkConnectionString(text: unknown): void {
  if (text === undefined || typeof text === 'string') return;
  notAllowed('redisConnectionString', kindOf(text), "a string, '' for local mode, or undefined to look it up");
}

function checkRedis(redis: DistributedCacheOptions['redis']): void {
  if (redis === undefined) return;
  if (!isObject(redis)) {
    notAllowed(
      'redis',
      kindOf(redis),
      'an ioredis Redis or Cluster, or ioredis options (a connection string is redisConnectionString)',
    );
  }
  if ('credentials' in redis && redis.credentials !== undefined && typeof redis.credentials !== 'function') {
    notAllowed(
      'redis.credentials',
      kindOf(redis.credentials),
      'a function that returns a promise of { username?, password }',
    );
  }
}

function checkMethods(value: unknown, methods: readonly string[], option: string, allowed: string): void {
  if (value === undefined) return;
  const has = (method: string): boolean =>
    typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
  if (methods.every(has)) return;
  notAllowed(option, kindOf(value), `${allowed}, an object with ${methods.map((name) => `${name}()`).join(', ')}`);
}

function checkContradictions({ bridge, redis, redisConnectionString, maxSize, sizeOf }: DistributedCacheOptions): void {
  if (bridge !== undefined && (redis !== undefined || (redisConnectionString ?? '').trim() !== '')) {
    const other = redis === undefined ? 'redisConnectionString' : 'redis';
    throw new InvalidOptionsError(
      `bridge and ${other} contradict each other: the bridge stands in for Redis. Give one of them.`,
    );
  }
  if (maxSize !== undefined && sizeOf === undefined) {
    throw new InvalidOptionsError('maxSize: it needs sizeOf, which tells how large a value is. Give both or neither.');
  }
  if (sizeOf !== undefined && maxSize === undefined) {
    throw new InvalidOptionsError('sizeOf: it needs maxSize, the bound of all sizes together. Give both or neither.');
  }
  if (sizeOf !== undefined && typeof sizeOf !== 'function') {
    notAllowed('sizeOf', describeValue(sizeOf), 'a function (value, key) => number');
  }
}

/** A Map or a list would pass for an object without properties, and all in it would be ignored. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value);
}

/** What the value is, without any of it: it may hold a password. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}

/** Fails to compile when an option is added to the interface and not here. */
function namesOf<T>(names: Record<keyof T, true>): readonly string[] {
  return Object.keys(names);
}
