import { describeValue } from '../common/describe-value.js';
import { milliseconds, type Duration } from '../common/duration.js';
import { InvalidOptionsError } from '../errors.js';
import type { CacheSettings } from './settings.js';

/** The longest default of the timeout, in ms. */
const LONGEST_DEFAULT = 60_000;
const DAY = 86_400_000;

/** Makes an eviction wait until no instance can serve the old value. @publicApi */
export type Everywhere =
  | true
  | {
      /**
       * How long to wait before the eviction rejects with `InvalidationNotConfirmedError`; above 0, at most `'1d'`. Default:
       * `maxStaleness` + `publishTimeout`, at most a minute. After `maxStaleness` even an instance that is cut off no longer serves the
       * old value.
       */
      timeout?: Duration | undefined;
    };

/** Options of `evict`, `evictMany`, `evictTags` and `clear`. @publicApi */
export interface EvictOptions {
  /**
   * Wait until no instance can serve the old value any more, for example after a permission was revoked or a price corrected. Default:
   * the promise settles once the log has the eviction.
   */
  everywhere?: Everywhere | undefined;
}

/** The timeout of `everywhere`, in ms. @throws {InvalidOptionsError} @internal */
export function timeoutOf(
  everywhere: Everywhere,
  { maxStaleness, publishTimeout }: Pick<CacheSettings, 'maxStaleness' | 'publishTimeout'>,
): number {
  return checkedTimeout(everywhere) ?? Math.min(maxStaleness + publishTimeout, LONGEST_DEFAULT);
}

/** The timeout that the caller gave, in ms; `undefined`: none. @throws {InvalidOptionsError} @internal */
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
  // A timer of Node for more than 24 days would end at once.
  if (parsed > 0 && parsed <= DAY) return parsed;
  throw new InvalidOptionsError(`everywhere.timeout: ${parsed} ms is not allowed; allowed: above 0, to '1d'.`);
}
