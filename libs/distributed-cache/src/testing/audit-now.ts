import type { ForgottenEviction } from '../cache/auditing/audits.js';
import { Region } from '../cache/region.js';
import { describeValue } from '../common/describe-value.js';
import { DistributedCacheError, InvalidOptionsError } from '../errors.js';

/** What `auditNow` has found. @publicApi */
export interface AuditResult {
  /** How many entries were compared with their source. */
  readonly audited: number;
  /** How many were not: they were put, and no reader has loaded them, or their load failed now. */
  readonly skipped: number;
}

/**
 * A region holds values that their source does not have any more, although nothing has evicted them. `forgotten` lists them; neither the
 * list nor the message holds a value. `code`: `'FORGOTTEN_EVICTIONS'`.
 *
 * @publicApi
 */
export class ForgottenEvictionsError extends DistributedCacheError {
  readonly forgotten: readonly ForgottenEviction[];

  constructor(message: string, forgotten: readonly ForgottenEviction[]) {
    super('FORGOTTEN_EVICTIONS', message);
    this.forgotten = forgotten;
  }
}

/**
 * An audit could not tell whether the entries of a region are true: none knows how it was loaded, no load succeeded, `equals` failed, or
 * the instance is cut off. The message says which. `code`: `'AUDIT_NOT_POSSIBLE'`.
 *
 * @publicApi
 */
export class AuditNotPossibleError extends DistributedCacheError {
  constructor(message: string) {
    super('AUDIT_NOT_POSSIBLE', message);
  }
}

/** How many keys a message names. */
const MOST_KEYS = 20;

/**
 * Loads the value of every entry of a region again, compares, and stores nothing: for the end of a test, when nobody changes anything any
 * more. Each loader is called with the arguments of the read that has loaded the entry.
 *
 * The cache has to remember how its entries were loaded. It does if it comes from `provideTestCache` or `withTestCache`, and in a region
 * with `audit: { sample: 1 }`. A region without entries passes: look at `audited`, where a test is to have some.
 *
 * @param region - `cache.region('products')`
 * @throws {ForgottenEvictionsError} when values are not what their source has, although nothing has evicted them
 * @throws {AuditNotPossibleError} when it cannot tell
 * @throws {InvalidOptionsError} when `region` is no region
 *
 * @example
 * afterEach(() => auditNow(cache.region('products')));
 *
 * @publicApi
 */
export async function auditNow(region: Region): Promise<AuditResult> {
  if (!(region instanceof Region))
    throw new InvalidOptionsError(`auditNow: ${describeValue(region)} is no region; give cache.region('…').`);
  const { audited, withoutLoader, notLoaded, incomparable, undecided, forgotten } = await region.auditAll();
  if (forgotten.length > 0) throw new ForgottenEvictionsError(listed(region.name, forgotten), forgotten);
  const impossible = (why: string): never => {
    throw new AuditNotPossibleError(`auditNow: region '${region.name}' could not be audited: ${why}`);
  };
  if (undecided > 0)
    impossible(
      'the instance is cut off from the others, so an eviction may be on its way. Heal the link before you audit.',
    );
  if (incomparable > 0)
    impossible(
      `${incomparable} of its values could not be compared. Let equals of the option audit return true or false, and throw nothing; without ` +
        'equals, cache what can be cloned. The log has the name of the error.',
    );
  if (audited === 0 && withoutLoader > 0)
    impossible(
      'no entry knows how it was loaded. Take the cache from provideTestCache() or withTestCache(), or give the region ' +
        'audit: { sample: 1 }; and read the entries with a loader: one that was only put has none.',
    );
  if (audited === 0 && notLoaded > 0)
    impossible(
      'no load gave a result to compare with. Audit before the source is closed, and see the event loadError.',
    );
  return { audited, skipped: withoutLoader + notLoaded };
}

function listed(region: string, forgotten: readonly ForgottenEviction[]): string {
  const keys = forgotten.slice(0, MOST_KEYS).map(({ key, age }) => `${key} (loaded ${age} ms ago)`);
  const more = forgotten.length > MOST_KEYS ? `, and ${forgotten.length - MOST_KEYS} more` : '';
  return (
    `Region '${region}' holds values that their source does not have any more, although nothing has evicted them: ${keys.join(', ')}${more}. ` +
    `Find what changes them, and evict there: see docs/audit.md.`
  );
}
