import { describeValue } from '../../common/describe-value.js';
import { milliseconds, type Duration } from '../../common/duration.js';
import { InvalidOptionsError } from '../../errors.js';

/** How entries are loaded again after an invalidation removed them. @publicApi */
export interface RefreshOnInvalidate {
  /** The load starts at a random moment within this time, so that the instances do not load all at once; at most `'1h'`. Default: `'1s'`. */
  within?: Duration | undefined;
  /** How many such loads run at once on this instance. Default: 4. */
  concurrency?: number | undefined;
  /** When a region or everything is evicted, at most this many entries of a region are loaded again, the hottest first. Default: 100. */
  maxRefresh?: number | undefined;
}

/**
 * What a reader gets when an entry is not simply fresh. They can be set for the module, a region, a call and a decorator; for each of them,
 * the nearest wins. No policy ever serves what an invalidation covers that this instance has applied, nor what the lease does not cover.
 *
 * @see docs/loading.md
 * @publicApi
 */
export interface LoadPolicies {
  /**
   * For this long after an entry has expired, a reader is handed the expired value at once, and one load runs in the background. `0`: off;
   * `Infinity` is refused.
   *
   * @default off
   */
  staleWhileRevalidate?: Duration | undefined;

  /**
   * For this long after an entry has expired, a load that fails or times out hands out the expired value in place of the error. The failure
   * is counted and emitted as `loadError`, and the next load of the key is not tried before `retryAfter`. `0`: off; `Infinity` is refused.
   *
   * @default off
   */
  staleIfError?: Duration | undefined;

  /**
   * How long readers are handed the expired value without another load, after a load of the key has failed. So long, a failed background
   * load is not repeated either. `'1ms'` to `'1h'`.
   *
   * @default `'1s'`
   */
  retryAfter?: Duration | undefined;

  /**
   * How long a reader waits for a load at most. After that it gets `LoadTimeoutError`, or the expired value under `staleIfError`. The signal
   * of the loader is aborted and the next reader starts a new load. If the loader gives a result all the same, it is stored unless something
   * covers it that was invalidated meanwhile, or something newer is there. `0` or `Infinity`: off.
   *
   * @default off
   */
  loadTimeout?: Duration | undefined;

  /**
   * A share of the TTL, above 0 and below 1: a hit after this share is served and starts one load in the background. `false`: off.
   *
   * @default off
   * @example refreshAhead: 0.8 // with ttl '10m': from the eighth minute on
   */
  refreshAhead?: number | false | undefined;

  /**
   * An entry that was hit since it was loaded is loaded again after an invalidation removed it, of this instance or of another, so that the
   * next reader finds it. `true`: with the defaults of {@link RefreshOnInvalidate}; `false`: off.
   *
   * @default off
   */
  refreshOnInvalidate?: boolean | RefreshOnInvalidate | undefined;

  /**
   * Time to live of `null`, and of `undefined` where that is stored: usually shorter, because the thing may come into being.
   *
   * @default the TTL of other values
   */
  nullTtl?: Duration | undefined;

  /**
   * Whether `undefined` is stored, too. By default it means "there is nothing" and is not stored.
   *
   * @default false
   */
  cacheUndefined?: boolean | undefined;
}

/** {@link LoadPolicies}, checked, with the defaults filled in. @internal */
export interface LoadPolicy {
  /** ms; 0: off */
  readonly staleWhileRevalidate: number;
  /** ms; 0: off */
  readonly staleIfError: number;
  /** ms */
  readonly retryAfter: number;
  /** ms; `Infinity`: off */
  readonly loadTimeout: number;
  /** Share of the TTL; `undefined`: off. */
  readonly refreshAhead: number | undefined;
  readonly refreshOnInvalidate: RefreshPolicy | undefined;
  /** ms; `undefined`: as for other values */
  readonly nullTtl: number | undefined;
  readonly cacheUndefined: boolean;
  /** How long an expired entry is kept, in ms. */
  readonly keptFor: number;
}

/** {@link RefreshOnInvalidate}, checked, with the defaults filled in. @internal */
export interface RefreshPolicy {
  /** ms */
  readonly within: number;
  readonly concurrency: number;
  readonly maxRefresh: number;
}

/** No policy at all: what a cache has by default. @internal */
export const NO_POLICY: LoadPolicy = {
  staleWhileRevalidate: 0,
  staleIfError: 0,
  retryAfter: 1_000,
  loadTimeout: Infinity,
  refreshAhead: undefined,
  refreshOnInvalidate: undefined,
  nullTtl: undefined,
  cacheUndefined: false,
  keptFor: 0,
};

const HOUR = 3_600_000;

/** The names of all policies. Does not compile if one is missing. @internal */
export const LOAD_POLICIES: Readonly<Record<keyof LoadPolicies, true>> = {
  staleWhileRevalidate: true,
  staleIfError: true,
  retryAfter: true,
  loadTimeout: true,
  refreshAhead: true,
  refreshOnInvalidate: true,
  nullTtl: true,
  cacheUndefined: true,
};

/**
 * The policy of something that has `given` and is nearer to the read than what has `base`.
 *
 * @param where - what an error names before the option: `''` for the module, otherwise it ends with a dot or a colon and a blank
 * @returns `base` itself when nothing is given
 * @throws {InvalidOptionsError} when one is not allowed
 *
 * @internal
 */
export function policyOf(given: LoadPolicies, base: LoadPolicy, where: string): LoadPolicy {
  if (!givesPolicy(given)) return base;
  const option = (name: keyof LoadPolicies): string => `${where}${name}`;
  const { staleWhileRevalidate, staleIfError, retryAfter, loadTimeout, nullTtl } = given;
  const { refreshAhead, refreshOnInvalidate, cacheUndefined } = given;
  const policy = {
    staleWhileRevalidate: staleWindow(staleWhileRevalidate, base.staleWhileRevalidate, option('staleWhileRevalidate')),
    staleIfError: staleWindow(staleIfError, base.staleIfError, option('staleIfError')),
    retryAfter: retryAfter === undefined ? base.retryAfter : pause(retryAfter, option('retryAfter')),
    loadTimeout:
      loadTimeout === undefined ? base.loadTimeout : durationOrOff(loadTimeout, option('loadTimeout')) || Infinity,
    refreshAhead: refreshAhead === undefined ? base.refreshAhead : shareOfTtl(refreshAhead, option('refreshAhead')),
    refreshOnInvalidate:
      refreshOnInvalidate === undefined
        ? base.refreshOnInvalidate
        : refreshPolicy(refreshOnInvalidate, option('refreshOnInvalidate')),
    nullTtl: nullTtl === undefined ? base.nullTtl : lifetime(nullTtl, option('nullTtl')),
    cacheUndefined: cacheUndefined === undefined ? base.cacheUndefined : flag(cacheUndefined, option('cacheUndefined')),
  };
  return { ...policy, keptFor: Math.max(policy.staleWhileRevalidate, policy.staleIfError) };
}

/** Whether a policy is among the options; most calls give none. @internal */
export function givesPolicy(given: LoadPolicies): boolean {
  return (
    given.staleWhileRevalidate !== undefined ||
    given.staleIfError !== undefined ||
    given.retryAfter !== undefined ||
    given.loadTimeout !== undefined ||
    given.refreshAhead !== undefined ||
    given.refreshOnInvalidate !== undefined ||
    given.nullTtl !== undefined ||
    given.cacheUndefined !== undefined
  );
}

/** The policies among other options. @internal */
export function policiesIn(options: LoadPolicies): LoadPolicies {
  const { staleWhileRevalidate, staleIfError, retryAfter, loadTimeout } = options;
  const { refreshAhead, refreshOnInvalidate, nullTtl, cacheUndefined } = options;
  return {
    staleWhileRevalidate,
    staleIfError,
    retryAfter,
    loadTimeout,
    refreshAhead,
    refreshOnInvalidate,
    nullTtl,
    cacheUndefined,
  };
}

function staleWindow(given: unknown, base: number, option: string): number {
  if (given === undefined) return base;
  const window = durationOrOff(given, option);
  if (window < Infinity) return window;
  return refused(
    option,
    given,
    "a duration with an end, for example '1h'; to serve a value for ever, use ttl: Infinity",
  );
}

function pause(given: unknown, option: string): number {
  const time = milliseconds(given, option);
  return time >= 1 && time <= HOUR ? time : refused(option, given, "a duration from '1ms' to '1h'");
}

/** `false`, which switches other policies off, is refused: the error says what does it here. */
function durationOrOff(given: unknown, option: string): number {
  return milliseconds(given, option, describeValue, ' It is 0 or more; 0 switches it off.');
}

function shareOfTtl(given: unknown, option: string): number | undefined {
  if (given === false) return undefined;
  if (typeof given === 'number' && given > 0 && given < 1) return given;
  return refused(option, given, 'a number above 0 and below 1, a share of the TTL, for example 0.8; or false');
}

function lifetime(given: unknown, option: string): number {
  return milliseconds(given, option) || refused(option, given, "a duration above 0, for example '10s'");
}

function flag(given: unknown, option: string): boolean {
  return typeof given === 'boolean' ? given : refused(option, given, 'true or false');
}

function refreshPolicy(given: unknown, option: string): RefreshPolicy | undefined {
  if (given === false) return undefined;
  if (given === true) return refreshPolicy({}, option);
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return refused(option, given, 'true, false, or { within, concurrency, maxRefresh }');
  const { within = 1_000, concurrency = 4, maxRefresh = 100, ...rest }: Record<string, unknown> = { ...given };
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) refused(`${option}.${unknown}`, rest[unknown], 'within, concurrency and maxRefresh');
  const delay = milliseconds(within, `${option}.within`);
  return {
    within: delay <= HOUR ? delay : refused(`${option}.within`, within, "a duration from 0 to '1h'"),
    concurrency: count(concurrency, `${option}.concurrency`),
    maxRefresh: count(maxRefresh, `${option}.maxRefresh`),
  };
}

function count(given: unknown, option: string): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given > 0) return given;
  return refused(option, given, 'a positive integer');
}

function refused(option: string, given: unknown, allowed: string): never {
  throw new InvalidOptionsError(`${option}: ${describeValue(given)} is not allowed; allowed: ${allowed}.`);
}
