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

/** A stored value, in the memory of this instance. @internal */
export interface Entry extends NewEntry {
  care: EntryCare | undefined;
  /** The value of the store's use counter when the entry was last stored or read. It makes entries of different regions comparable. */
  usedAt: number;
  /** A promise of the value, made by the first read that needs one. */
  promise: Promise<unknown> | undefined;
  /** The entry of the region that was last used just before this one. Only {@link Recency} changes it. */
  older: Entry | undefined;
  /** The entry of the region that was last used just after this one. Only {@link Recency} changes it. */
  newer: Entry | undefined;
}
