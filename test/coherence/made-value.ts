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
  /** The eviction by which a put or a set made room for its own value: where in the history it was. */
  ownEviction: number | undefined;
}

/** A row that a value was made of, in the version that it saw. */
export interface Part {
  readonly row: string;
  readonly version: number;
  /** The value that held it: itself, or the copy that the loader of a list was given by the cache. */
  readonly from: Origin;
}

/** What is cached in a history. Private, so that none of it is taken for something that must not be said. */
export class MadeValue {
  readonly #parts: readonly Part[];
  readonly #origin: Origin;

  constructor(parts: readonly Part[], origin: Origin) {
    this.#parts = parts;
    this.#origin = origin;
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  get origin(): Origin {
    return this.#origin;
  }
}

/** Whether a cache handed out one of ours, and not something it made up. */
export function isMadeValue(value: unknown): value is MadeValue {
  return value instanceof MadeValue;
}
