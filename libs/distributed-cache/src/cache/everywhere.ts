import { describeValue } from '../common/describe-value.js';
import { milliseconds, type Duration } from '../common/duration.js';
import { InvalidOptionsError } from '../errors.js';
import type { CacheSettings } from './settings.js';

/** The default of the timeout where an instance that is cut off never stops serving, in ms. */
const DEFAULT_OF_INFINITY = 60_000;
const DAY = 86_400_000;

/** Makes an eviction wait until no instance can serve the old value. @publicApi */
export type Everywhere =
  | true
  | {
      /**
       * How long to wait before the eviction rejects with `InvalidationNotConfirmedError`; above 0, at most `'1d'`. Default:
       * `maxStaleness` + `publishTimeout`, with `Infinity` a minute. After `maxStaleness` even an instance that is cut off no longer
       * serves the old value; a shorter timeout is warned of, since it can be over in perfect health: see docs/regions.md.
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
  const given = checkedTimeout(everywhere);
  if (given !== undefined) return given;
  return maxStaleness === Infinity ? DEFAULT_OF_INFINITY : Math.min(maxStaleness + publishTimeout, DAY);
}

/**
 * What is said of a timeout that is shorter than `maxStaleness`; `undefined`: nothing.
 *
 * @internal
 */
export function warningAboutTimeout(timeout: number, maxStaleness: number): string | undefined {
  if (timeout > maxStaleness || maxStaleness === Infinity) return undefined;
  return (
    `everywhere: a timeout of ${timeout} ms is not above maxStaleness, which is ${maxStaleness} ms. In the first ten minutes after Redis was ` +
    `started or replaced or the namespace first used, and while an instance is cut off or has died, such an eviction takes maxStaleness, so it ` +
    `rejects. Leave the timeout out, or make it longer.`
  );
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
