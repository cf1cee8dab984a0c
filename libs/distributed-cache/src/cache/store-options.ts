import { canonicalName } from '../keys/canonical-key.js';
import { describeKind } from '../common/describe-value.js';
import { milliseconds, type Duration } from '../common/duration.js';
import { InvalidKeyError, InvalidOptionsError } from '../errors.js';

/** How one value is stored. @publicApi */
export interface StoreOptions {
  /**
   * Time to live. `Infinity`: until evicted. `0` is refused. A negative number, the result of a calculation, means that the value has
   * expired already: it is not stored. Default: the TTL of the region.
   */
  ttl?: Duration | undefined;
  /** Tags by which `evictTags` finds the entry. Default: none. */
  tags?: string | readonly string[] | undefined;
  /** Whether `undefined` is stored, too. By default it means "there is nothing" and is not stored. Default: `false`. */
  cacheUndefined?: boolean | undefined;
}

/** {@link StoreOptions} as the library passes them on. @internal */
export interface LabelledStoreOptions extends StoreOptions {
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

/** Whether a result is to be stored at all. The only place that decides it. @internal */
export function isStorable(value: unknown, options: Pick<StoreOptions, 'cacheUndefined'> | undefined): boolean {
  return value !== undefined || (options?.cacheUndefined ?? false);
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
