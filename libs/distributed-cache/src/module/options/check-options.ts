import { LOAD_POLICIES } from '../../cache/policies/load-policies.js';
import { describeValue, shortened } from '../../common/describe-value.js';
import { InvalidOptionsError } from '../../errors.js';
import type { DistributedCacheOptions, ObservabilityOptions, RegionOptions } from './distributed-cache.options.js';
import { nearestName } from './nearest-name.js';
import { flag, notAllowed } from './option-rules.js';

const OPTIONS = namesOf<DistributedCacheOptions>({
  ...LOAD_POLICIES,
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
  requireRedis: true,
  enabled: true,
  cacheManager: true,
  invalidationLogLength: true,
  outboxLimit: true,
  publishTimeout: true,
  commandTimeout: true,
  drainTimeout: true,
  minReplicas: true,
  reevictAfter: true,
  audit: true,
  observability: true,
  clock: true,
});

const OBSERVABILITY_OPTIONS = namesOf<ObservabilityOptions>({ answers: true, tracePropagation: true });

const REGION_OPTIONS = namesOf<RegionOptions>({
  ...LOAD_POLICIES,
  ttl: true,
  maxEntries: true,
  values: true,
  whenDisconnected: true,
  audit: true,
});

/**
 * Checks what `resolveSettings` does not: unknown names, the options that say how Redis is reached, and options that contradict
 * each other. No message repeats a value that may contain a secret.
 *
 * @throws {InvalidOptionsError} when something is not allowed
 *
 * @internal
 */
export function checkOptions(options: DistributedCacheOptions): void {
  // Options that come from a factory or a file are not seen by the compiler. Even a connection string may be given in their place.
  if (!isObject(options)) notAllowed('the options', kindOf(options), 'an object');
  checkNames(options, OPTIONS, '');
  if (options.regions !== undefined) checkRegions(options.regions);
  if (options.observability !== undefined) checkObservability(options.observability);

  checkConnectionString(options.redisConnectionString);
  checkRedis(options.redis);
  checkMethods(options.bridge, ['dial', 'isAfter'], 'bridge', 'an InvalidationBridge');
  checkMethods(options.clock, ['now', 'wallNow', 'schedule', 'nextTurn'], 'clock', 'a Clock');
  if (options.abortConnect !== undefined) flag(options.abortConnect, 'abortConnect');
  if (options.requireRedis !== undefined) flag(options.requireRedis, 'requireRedis');
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
    return 'With forRootAsync() it goes beside useFactory, useClass or useExisting, not into the options that these return.';
  }
  const nearest = nearestName(name, known);
  return nearest === undefined ? `The options are: ${known.join(', ')}.` : `Did you mean ${nearest}?`;
}

function checkRegions(regions: Readonly<Record<string, RegionOptions | undefined>>): void {
  if (!isObject(regions)) {
    notAllowed('regions', describeValue(regions), 'an object with the name of each region and its options');
  }
  for (const [name, region] of Object.entries(regions)) {
    if (name === '') notAllowed('regions', "the name ''", 'names that are not empty');
    if (region === undefined) continue;
    if (!isObject(region)) notAllowed(`regions.${shortened(name)}`, describeValue(region), 'an object');
    checkNames(region, REGION_OPTIONS, `regions.${shortened(name)}.`);
  }
}

function checkObservability(observability: ObservabilityOptions): void {
  if (!isObject(observability)) notAllowed('observability', describeValue(observability), 'an object');
  checkNames(observability, OBSERVABILITY_OPTIONS, 'observability.');
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
      `bridge and ${other} contradict each other: a bridge takes the place of Redis. Give one of them.`,
    );
  }
  if (maxSize !== undefined && sizeOf === undefined) {
    throw new InvalidOptionsError('maxSize: it needs sizeOf, which returns the size of a value. Give both or neither.');
  }
  if (sizeOf !== undefined && maxSize === undefined) {
    throw new InvalidOptionsError('sizeOf: it needs maxSize, the bound of the sum of all sizes. Give both or neither.');
  }
  if (sizeOf !== undefined && typeof sizeOf !== 'function') {
    notAllowed('sizeOf', describeValue(sizeOf), 'a function (value, key) => number');
  }
}

/** Excludes Maps and lists: they would pass for objects without options, and their content would be ignored. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value);
}

/** The kind of a value, and nothing of the value itself: it may be or contain a password. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}

/** The names of the options in `T`. Does not compile if an option of the interface is missing. */
function namesOf<T>(names: Record<keyof T, true>): readonly string[] {
  return Object.keys(names);
}
