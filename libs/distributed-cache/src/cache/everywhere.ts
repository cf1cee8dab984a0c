import { describeValue } from '../common/describe-value.js';
import { milliseconds, type Duration } from '../common/duration.js';
import { InvalidOptionsError } from '../errors.js';
import type { CacheSettings } from './settings.js';

/** How long a wait may be that nobody has named, in ms. */
const LONGEST_DEFAULT = 60_000;
const DAY = 86_400_000;

/** That an eviction is to be waited for until no instance can serve the old value. @publicApi */
export type Everywhere =
  | true
  | {
      /**
       * When to give up, with `InvalidationNotConfirmedError`. Default: `maxStaleness`, after which even an instance that is cut off
       * serves nothing older, and `publishTimeout`; at most a minute.
       */
      timeout?: Duration | undefined;
    };

/** @publicApi */
export interface EvictEverywhereOptions {
  /** Wait until no instance can serve the old value any more: a permission was revoked, a price corrected. */
  everywhere: Everywhere;
}

/** @publicApi */
export interface EvictOptions {
  /** See {@link EvictEverywhereOptions}. Default: the promise settles once the log has the eviction. */
  everywhere?: undefined;
}

/** @internal */
export type AnyEvictOptions = EvictOptions | EvictEverywhereOptions;

/** @internal */
export function timeoutOf(
  everywhere: Everywhere,
  { maxStaleness, publishTimeout }: Pick<CacheSettings, 'maxStaleness' | 'publishTimeout'>,
): number {
  return checkedTimeout(everywhere) ?? Math.min(maxStaleness + publishTimeout, LONGEST_DEFAULT);
}

/** The timeout that is asked for, in ms, if one is. @throws {InvalidOptionsError} @internal */
export function checkedTimeout(everywhere: Everywhere): number | undefined {
  if (everywhere === true) return undefined;
  if (typeof everywhere !== 'object' || everywhere === null) {
    throw new InvalidOptionsError(
      `everywhere: ${describeValue(everywhere)} is not allowed; allowed: true, or { timeout }.`,
    );
  }
  const { timeout } = everywhere;
  if (timeout === undefined) return undefined;
  const parsed = milliseconds(timeout, 'everywhere.timeout');
  // Timers of Node end at once when they are asked for more than 24 days.
  if (parsed > 0 && parsed <= DAY) return parsed;
  throw new InvalidOptionsError(`everywhere.timeout: ${parsed} ms is not allowed; allowed: above 0, to '1d'.`);
}
