import type { Entry, EntryCare } from './entry.js';
import type { SharedPromises } from './shared-promises.js';
import type { Slots } from './slots.js';
import type { TagLists } from './tag-lists.js';

/** An entry that was found for a reader. @internal */
export interface Found extends Entry {
  /** A promise of the value. */
  readonly promise: Promise<unknown>;
  /** The entry as it is now, to be kept. */
  copy(): Entry;
}

/**
 * Shows the entry of a slot. There is one for all looks of a kind, so that a hit makes nothing: what it shows changes with the next look. It
 * is not to be kept, nor used after an `await` or after code of the application has run.
 *
 * @internal
 */
export class FoundEntry implements Found {
  readonly #slots: Slots;
  readonly #tags: TagLists;
  readonly #promises: SharedPromises;
  slot = 0;

  constructor(slots: Slots, tags: TagLists, promises: SharedPromises) {
    this.#slots = slots;
    this.#tags = tags;
    this.#promises = promises;
  }

  get key(): string {
    return this.#slots.keys[this.slot] ?? '';
  }

  get value(): unknown {
    return this.#slots.values[this.slot];
  }

  get loadedAt(): number {
    return this.#slots.loadedAt(this.slot);
  }

  get expiresAt(): number {
    return this.#slots.expiresAt[this.slot] ?? 0;
  }

  get tags(): readonly string[] {
    return this.#tags.of(this.slot);
  }

  get size(): number {
    return this.#slots.sizeOf(this.slot);
  }

  get care(): EntryCare | undefined {
    const { cares } = this.#slots;
    return cares === undefined ? undefined : cares[this.slot];
  }

  get promise(): Promise<unknown> {
    return this.#promises.of(this.slot, this.#slots.values[this.slot]);
  }

  copy(): Entry {
    const { key, value, loadedAt, expiresAt, tags, size, care } = this;
    return { key, value, loadedAt, expiresAt, tags, size, care };
  }
}

/** What was found, when code of the application runs before its reader gets it. @internal */
export function heldFast(found: Found): Found {
  const entry = found.copy();
  return { ...entry, promise: Promise.resolve(entry.value), copy: () => entry };
}
