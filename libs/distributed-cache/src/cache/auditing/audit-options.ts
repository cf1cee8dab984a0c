import { describeValue } from '../../common/describe-value.js';
import { milliseconds, type Duration } from '../../common/duration.js';
import { InvalidOptionsError } from '../../errors.js';

/** How the cache looks for evictions that the application forgot. @see docs/audit.md @publicApi */
export interface AuditOptions {
  /**
   * The share of the hits that are audited, above 0 and at most 1. While an audit of the region runs, which is for about `maxStaleness` and
   * at most for 10 s, the other hits are not. So even `1` costs one load in that time.
   */
  sample: number;
  /** Audits only values that were loaded at least this long ago. Default: 0. */
  olderThan?: Duration | undefined;
  /** Whether the cached value is still true, given what the loader returns now. Default: `util.isDeepStrictEqual`. */
  equals?: ((cached: unknown, loaded: unknown) => boolean) | undefined;
}

/** {@link AuditOptions}, checked, with the defaults filled in. @internal */
export interface AuditSettings {
  readonly sample: number;
  /** ms */
  readonly olderThan: number;
  /** `undefined`: `util.isDeepStrictEqual` */
  readonly equals: ((cached: unknown, loaded: unknown) => boolean) | undefined;
}

/**
 * The audit of something that has `given`, as its option `option`; what has `base` is around it.
 *
 * @returns `undefined`: nothing is audited
 * @throws {InvalidOptionsError} when it is not allowed
 *
 * @internal
 */
export function auditOf(given: unknown, base: AuditSettings | undefined, option: string): AuditSettings | undefined {
  if (given === undefined) return base;
  if (given === false) return undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return refused(option, given, 'false, or { sample, olderThan, equals }');
  const { sample, olderThan = 0, equals, ...rest }: Record<string, unknown> = { ...given };
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) refused(`${option}.${unknown}`, rest[unknown], 'sample, olderThan and equals');
  if (sample === undefined) missing(`${option}.sample`, base !== undefined);
  return {
    sample: share(sample, `${option}.sample`),
    olderThan: age(olderThan, `${option}.olderThan`),
    equals: comparison(equals, `${option}.equals`),
  };
}

const SHARE = 'a number above 0 and at most 1, a share of the hits, for example 0.01';

function missing(option: string, hasBase: boolean): never {
  const why = hasBase ? ' The audit of a region replaces that of the module as a whole.' : '';
  throw new InvalidOptionsError(`${option} is missing; allowed: ${SHARE}.${why}`);
}

function share(given: unknown, option: string): number {
  if (typeof given === 'number' && given > 0 && given <= 1) return given;
  return refused(option, given, SHARE);
}

function age(given: unknown, option: string): number {
  const time = milliseconds(given, option);
  return time < Infinity ? time : refused(option, given, "a duration with an end, for example '1m'");
}

function comparison(given: unknown, option: string): AuditSettings['equals'] {
  if (given === undefined || isComparison(given)) return given;
  return refused(option, given, 'a function (cached, loaded) => boolean');
}

function isComparison(given: unknown): given is NonNullable<AuditSettings['equals']> {
  return typeof given === 'function';
}

function refused(option: string, given: unknown, allowed: string): never {
  throw new InvalidOptionsError(`${option}: ${describeValue(given)} is not allowed; allowed: ${allowed}.`);
}
