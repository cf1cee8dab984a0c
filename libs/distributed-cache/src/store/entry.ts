/**
 * What the load policies of an entry need to know. Only the entries that have such a policy carry it.
 *
 * @internal
 */
export interface EntryCare {
  /** How long the entry is kept after it has expired, in ms. */
  readonly keptFor: number;
  /**
   * From when on a hit loads the entry again in the background; after a load has failed, when the next one may be tried (monotonic ms).
   * `undefined`: no policy loads it before it expires, and no load has failed.
   */
  nextLoadAt: number | undefined;
  /** How often the entry was hit since it was stored. */
  hits: number;
}

/** A value to store, with everything that decides whether it may still be served. @internal */
export interface NewEntry {
  readonly key: string;
  readonly value: unknown;
  /** When the load of this value began (monotonic ms): the value was correct at some time not before this. */
  readonly loadedAt: number;
  /** When the entry expires (monotonic ms); `Infinity`: it stays until it is evicted. */
  readonly expiresAt: number;
  readonly tags: readonly string[];
  /** The result of `sizeOf`, in `sizeUnits`; 0 if the cache is not bounded by size. */
  readonly size: number;
  readonly care: EntryCare | undefined;
}

/**
 * A stored value as it was when it was asked for. The store itself has no such objects, which would take more memory than what they hold:
 * each look makes one. Whether it is still what is stored, `RegionStore.holds` tells.
 *
 * @internal
 */
export type Entry = NewEntry;
