import type { EntryName, Moment } from './moments.js';

/** How a value came to be. */
export interface Origin extends EntryName {
  /** Counts the loads, puts and sets of a history. */
  readonly id: number;
  readonly kind: 'load' | 'put' | 'set';
  readonly instance: string;
  /** When its loader, or the method of the put, began. */
  readonly began: Moment;
  /** For a loader whose tags only the result tells, those of the result. */
  tags: readonly string[];
  /** From here on an eviction overtakes it: its beginning; for a put or a set, which evict what was there before, when it was stored. */
  since: number;
}

/** What is cached in a history: which version of which rows it was made of. */
export interface MadeValue {
  readonly rows: ReadonlyMap<string, number>;
  readonly origin: Origin;
}

/** Whether a cache handed out one of ours, and not something it made up. */
export function isMadeValue(value: unknown): value is MadeValue {
  return typeof value === 'object' && value !== null && 'origin' in value && 'rows' in value;
}
