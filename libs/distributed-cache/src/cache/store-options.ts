import { canonicalName } from '../keys/canonical-key.js';
import { describeKind } from '../common/describe-value.js';
import { milliseconds, type Duration } from '../common/duration.js';
import { InvalidKeyError, InvalidOptionsError } from '../errors.js';
import type { LoadPolicies, LoadPolicy } from './policies/load-policies.js';

/** How one value is stored. @publicApi */
export interface StoreOptions {
  /**
   * Time to live. `Infinity`: until evicted. `0` is refused. A negative number, the result of a calculation, means that the value has
   * expired already: it is not stored. Default: the TTL of the region.
   */
  ttl?: Duration | undefined;
  /** Tags by which `evictTags` finds the entry. Default: none. */
  tags?: string | readonly string[] | undefined;
  /** Whether `undefined` is stored, too. By default it means "there is nothing" and is not stored. Default: the region's, else `false`. */
  cacheUndefined?: boolean | undefined;
  /** Time to live of `null`, and of `undefined` where that is stored. Default: the region's, else as for other values. */
  nullTtl?: Duration | undefined;
}

/** Options of a read that loads what is missing. The load policies of the call win over those of the region. @publicApi */
export interface LoadOptions extends StoreOptions, Omit<LoadPolicies, keyof StoreOptions> {
  /**
   * Ends the wait of this caller alone: when it is aborted, the call rejects with its reason. The load goes on, for other readers and for
   * the store. Default: none.
   */
  signal?: AbortSignal | undefined;
}

/** {@link LoadOptions} as the library passes them on. @internal */
export interface LabelledLoadOptions extends LoadOptions {
  /** What errors call the place, such as `Products.find`. Default: the region. */
  readonly where?: string | undefined;
}

/** The TTL of a call in ms; `undefined`: the call gives none; 0: do not store. @throws {InvalidOptionsError} @internal */
export function ttlOf(ttl: Duration | undefined, where: string): number | undefined {
  if (ttl === undefined) return undefined;
  if (typeof ttl === 'number' && ttl < 0) return 0;
  const parsed = milliseconds(ttl, `${where}: ttl`);
  if (parsed === 0) {
    throw new InvalidOptionsError(
      `${where}: ttl 0 is not allowed, since caches disagree on whether it means "never" or "for ever". Use Infinity to keep the value until it is evicted.`,
    );
  }
  return parsed;
}

/** A TTL that was computed from the result, in ms; `undefined`: the region's; 0: it has expired already. @throws {InvalidOptionsError} @internal */
export function computedTtl(ttl: Duration | undefined, where: string): number | undefined {
  if (ttl === undefined) return undefined;
  return typeof ttl === 'number' && ttl <= 0 ? 0 : milliseconds(ttl, where, describeKind);
}

/**
 * The TTL of one value in ms; `undefined`: the region's.
 *
 * @param ttl - the TTL for values of any kind; 0: the value is not stored
 *
 * @internal
 */
export function ttlOfValue(value: unknown, ttl: number | undefined, { nullTtl }: LoadPolicy): number | undefined {
  return (value === null || value === undefined) && ttl !== 0 ? (nullTtl ?? ttl) : ttl;
}

/** Whether a result is to be stored at all. The only place that decides it. @internal */
export function isStorable(value: unknown, { cacheUndefined }: Pick<LoadPolicy, 'cacheUndefined'>): boolean {
  return value !== undefined || cacheUndefined;
}

/**
 * The tags in the form in which they are stored and sent, without repeats.
 *
 * @param where - what an error names before anything else
 * @throws {InvalidKeyError}
 *
 * @internal
 */
export function canonicalTags(tags: string | readonly string[] | undefined, where?: string): readonly string[] {
  if (tags === undefined) return NO_TAGS;
  if (typeof tags === 'string') return [canonicalName('tag', tags, where)];
  if (!Array.isArray(tags)) {
    throw new InvalidKeyError(
      `${where === undefined ? '' : `${where}: `}The tags are ${describeKind(tags)}; allowed: a non-empty string or a list of these.`,
    );
  }
  return tags.length === 0 ? NO_TAGS : [...new Set(Array.from(tags, (tag) => canonicalName('tag', tag, where)))];
}

const NO_TAGS: readonly string[] = [];
