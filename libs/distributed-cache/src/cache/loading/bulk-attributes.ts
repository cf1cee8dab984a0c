import type { Duration } from '../../common/duration.js';
import type { CacheKey } from '../../keys/canonical-key.js';
import { givesPolicy, policyOf, type LoadPolicy } from '../policies/load-policies.js';
import type { RegionState } from '../region-state.js';
import { canonicalTags, computedTtl, isStorable, ttlOf, ttlOfValue, type LoadOptions } from '../store-options.js';

/**
 * Options of `region.getOrLoadMany`. Functions among them are called for each id that was loaded and has a value. `null` is one, except for
 * `tags`.
 *
 * @publicApi
 */
export interface BulkLoadOptions<V, Id = CacheKey> extends Omit<LoadOptions, 'ttl' | 'tags'> {
  /**
   * Time to live of every value, or a function that gives that of each: `undefined` means the TTL of the region, and a value whose
   * computed TTL is 0 or less is not stored. Default: the TTL of the region.
   */
  ttl?: Duration | ((value: V, id: Id) => Duration | undefined) | undefined;
  /** Tags of every value, or a function that gives the tags of each; it is not asked about `null`, which has none then. Default: none. */
  tags?: string | readonly string[] | ((value: V, id: Id) => string | readonly string[]) | undefined;
  /** Says which values are not stored. Default: every value is. */
  unless?: ((value: V, id: Id) => boolean) | undefined;
}

/** Options of `region.getOrLoadMany` for a loader that returns a list of values. @publicApi */
export interface BulkListOptions<V, Id = CacheKey> extends BulkLoadOptions<V, Id> {
  /**
   * The id of a value in the list, or `'position'`: the list has one item per id, in the same order. ORMs reorder rows and omit those
   * they do not find, so a list without this could store one row under the id of another.
   */
  idOf: ((value: V) => CacheKey) | 'position';
}

/** {@link BulkLoadOptions} as the library passes them on. @internal */
export interface LabelledBulkOptions extends BulkLoadOptions<unknown, unknown> {
  /** What errors call the place, such as `Products.findMany`. Default: the region. */
  readonly where?: string | undefined;
}

/** How the values of one bulk read are loaded and stored. @internal */
export class BulkAttributes {
  /** What errors call the place. */
  readonly where: string;
  readonly policy: LoadPolicy;
  /** The tags of every value; none when a function gives the tags of each. */
  readonly knownTags: readonly string[];
  readonly #options: LabelledBulkOptions | undefined;
  readonly #ttl: number | undefined;

  /** @throws {InvalidOptionsError} {@link InvalidKeyError} when an option is not allowed */
  constructor(options: LabelledBulkOptions | undefined, region: RegionState) {
    const { ttl, tags, where = `Region '${region.name}'` } = options ?? {};
    const { policy } = region.settings;
    this.where = where;
    this.policy = options && givesPolicy(options) ? policyOf(options, policy, `${where}: `) : policy;
    this.knownTags = typeof tags === 'function' ? [] : canonicalTags(tags, options?.where);
    this.#options = options;
    this.#ttl = typeof ttl === 'function' ? undefined : ttlOf(ttl, where);
  }

  isStorable(value: unknown, id: unknown): boolean {
    if (!isStorable(value, this.policy)) return false;
    return value === undefined || !this.#options?.unless?.(value, id);
  }

  /** In ms; `undefined`: the region's; 0: do not store. */
  ttlOf(value: unknown, id: unknown): number | undefined {
    const ttl = this.#options?.ttl;
    if (typeof ttl !== 'function' || value === undefined) return ttlOfValue(value, this.#ttl, this.policy);
    // A TTL that was computed for this value wins over that for every null.
    return computedTtl(ttl(value, id), `${this.where}: ttl`) ?? ttlOfValue(value, undefined, this.policy);
  }

  tagsOf(value: unknown, id: unknown): readonly string[] {
    const tags = this.#options?.tags;
    if (typeof tags !== 'function') return this.knownTags;
    // There is nothing that the function could look at.
    return value === undefined || value === null ? [] : canonicalTags(tags(value, id), this.#options?.where);
  }
}
