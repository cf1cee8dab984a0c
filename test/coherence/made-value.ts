import type { Flight } from './flights.js';
import type { EntryName, Moment } from './moments.js';

/** How a value came to be. */
export interface Origin extends EntryName {
  /** The number of the load, put or set in the history. */
  readonly id: number;
  readonly kind: 'load' | 'put' | 'set';
  readonly instance: string;
  /** When its loader, or the method of the put, began. */
  readonly began: Moment;
  /** The tags; if only the result tells them, those of the result. */
  tags: readonly string[];
  /** The sequence number since which an eviction overtakes it: its beginning, or for a put or a set, which evict before they store, the time at which it was stored. */
  since: number;
  /** The sequence number of the eviction that is a part of its put or set. */
  ownEviction: number | undefined;
  /** The load that made it. */
  readonly flight: Flight | undefined;
  /** When the copy expires, by the clock of its instance; `undefined`: it was not stored. */
  expiresAt: number | undefined;
  /** Whether a later load has said that it is still correct. It may then have been handed out as the result of that load. */
  isKept: boolean;
}

/** A row of which a value was made, in the version that the loader saw. */
export interface Part {
  readonly row: string;
  readonly version: number;
  /** Where the row came from: the value itself, or the copy that the cache gave to the loader of a list. */
  readonly from: Origin;
  /** Whether that copy was read where the cache could not know for which load: the staleness of both may add up. */
  readonly isUntraced?: boolean | undefined;
}

/**
 * A value that is cached in a history. Its fields are private, so that the check for logged values does not find rows, regions and keys in
 * it and take them for cached values.
 */
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

  /**
   * The parts of a list for whose loader the cache had this value.
   *
   * @param isUntraced - whether the loader read it outside of its own context
   */
  partsOfCopy(isUntraced: boolean): readonly Part[] {
    return this.#parts.map(({ row, version, isUntraced: wasUntraced }) => ({
      row,
      version,
      from: this.#origin,
      isUntraced: isUntraced || wasUntraced,
    }));
  }

  get origin(): Origin {
    return this.#origin;
  }
}

/** Whether a cache returned a value of the history, and not something else. */
export function isMadeValue(value: unknown): value is MadeValue {
  return value instanceof MadeValue;
}
