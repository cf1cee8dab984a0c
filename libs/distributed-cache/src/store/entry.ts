/** One value to keep, with all that decides whether it may still be served. @internal */
export interface NewEntry {
  readonly key: string;
  readonly value: unknown;
  /** Monotonic ms at which the load began that gave this value: it was true at some time no earlier than that. */
  readonly loadedAt: number;
  /** Monotonic ms from which on it has expired; `Infinity` = until evicted. */
  readonly expiresAt: number;
  readonly tags: readonly string[];
  /** What `sizeOf` said; 0 when the cache is not bounded by size. */
  readonly size: number;
}

/** One value in an instance's memory. @internal */
export interface Entry extends NewEntry {
  /** The store's use counter when the entry was last read: what makes regions comparable. */
  usedAt: number;
  /** Of the value, once somebody has awaited it. */
  promise: Promise<unknown> | undefined;
  /** The entry of its region that was used last before this one; {@link Recency} keeps it. */
  older: Entry | undefined;
  /** The entry of its region that was used next after this one; {@link Recency} keeps it. */
  newer: Entry | undefined;
}
