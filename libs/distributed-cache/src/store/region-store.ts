import type { Entry, EntryCare, NewEntry } from './entry.js';
import type { Pool } from './eviction-policy.js';
import type { FoundEntry } from './found-entry.js';
import type { Slots } from './slots.js';

/** What a region asks of the store that it belongs to. @internal */
export interface StoreOfRegion {
  readonly slots: Slots;
  /** For hits: see {@link FoundEntry}. */
  readonly found: FoundEntry;
  /** For all other looks. */
  readonly shown: FoundEntry;
  set(region: RegionStore, entry: NewEntry, now: number): StoreOutcome;
  /** Removes the entry of a slot. */
  removeSlot(slot: number): void;
  /** Removes the entry of a slot if its tag was evicted. @returns whether that was so */
  removeIfDetached(slot: number): boolean;
  /** Lets go of all entries of the region at once; the slots are freed later, some at a time. @returns the number of its new shelf */
  dropShelf(region: RegionStore, slots: ReadonlyMap<string, number>): number;
}

/** What became of an entry; `'refused'`: the store is as it was before. @internal */
export type StoreOutcome = 'added' | 'replaced' | 'refused';

/** @internal */
export interface RegionBounds {
  /** The largest number of entries. */
  readonly maxEntries: number;
  /** How long entries are kept after they have expired, in ms, at least. */
  readonly keptFor: number;
}

/**
 * The entries of one region: which slot of the store each key has.
 *
 * To clear a region is to take a new shelf. What stands on the old one is nobody's any more, and is cleared away later, some at a time: to
 * remove the entries one by one would block the event loop when there are many.
 *
 * @internal
 */
export class RegionStore {
  readonly name: string;
  readonly maxEntries: number;
  readonly pool: Pool;
  /** How long its entries are kept after they have expired, in ms, at least. */
  readonly keptFor: number;
  /** The number by which a slot says that it is this region's. */
  shelf = 0;
  /** In `sizeUnits`. */
  totalSize = 0;
  readonly #store: StoreOfRegion;
  readonly #columns: Slots;
  readonly #found: FoundEntry;
  #slots = new Map<string, number>();

  /** @param pool - the entries with which it shares its bound */
  constructor(name: string, { maxEntries, keptFor }: RegionBounds, pool: Pool, store: StoreOfRegion) {
    this.name = name;
    this.maxEntries = maxEntries;
    this.keptFor = keptFor;
    this.pool = pool;
    this.#store = store;
    this.#columns = store.slots;
    this.#found = store.found;
  }

  /** How many entries the region holds, with those that are about to be removed. */
  get size(): number {
    return this.#slots.size;
  }

  /** The entry under `key`; counts as a use of it. It is not to be kept. */
  get(key: string): FoundEntry | undefined {
    const columns = this.#columns;
    const slot = columns.areDetached ? this.slotOf(key) : this.#slots.get(key);
    if (slot === undefined) return undefined;
    columns.used[slot] = columns.mark;
    this.#found.slot = slot;
    return this.#found;
  }

  /** The entry under `key`; does not count as a use of it. */
  peek(key: string): Entry | undefined {
    const slot = this.slotOf(key);
    return slot === undefined ? undefined : this.#copyOf(slot);
  }

  /** Whether `entry`, which the region has given, is still what is stored under its key. */
  holds({ key, value, loadedAt, expiresAt }: Entry): boolean {
    const columns = this.#columns;
    const slot = this.slotOf(key);
    return (
      slot !== undefined &&
      Object.is(columns.values[slot], value) &&
      columns.loadedAt(slot) === loadedAt &&
      columns.expiresAt[slot] === expiresAt
    );
  }

  /** What the load policies know of the entry under `key` from now on. */
  setCare(key: string, care: EntryCare): void {
    const slot = this.slotOf(key);
    if (slot !== undefined) this.#columns.setCare(slot, care);
  }

  /** See {@link LocalStore.set}. @param now - monotonic ms */
  set(entry: NewEntry, now: number): StoreOutcome {
    return this.#store.set(this, entry, now);
  }

  /** The keys of all entries, canonical. */
  *keys(): Generator<string, void> {
    for (const [key, slot] of this.#slots) if (this.#isThere(slot)) yield key;
  }

  /** All entries, in no particular order. */
  *entries(): Generator<Entry, void> {
    for (const slot of this.#slots.values()) if (this.#isThere(slot)) yield this.#copyOf(slot);
  }

  /** Removes the entry under `key`; `false` if there was none. */
  delete(key: string): boolean {
    const slot = this.slotOf(key);
    if (slot === undefined) return false;
    this.#store.removeSlot(slot);
    return true;
  }

  /** Removes all entries and returns their number. */
  clear(): number {
    const cleared = this.#slots;
    if (cleared.size === 0) return 0;
    this.#slots = new Map();
    this.shelf = this.#store.dropShelf(this, cleared);
    return cleared.size;
  }

  /** @internal for {@link LocalStore}, which owns the slots */
  slotOf(key: string): number | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined || this.#isThere(slot) ? slot : undefined;
  }

  /** @internal for {@link LocalStore} */
  link(key: string, slot: number): void {
    this.#slots.set(key, slot);
  }

  /** @internal for {@link LocalStore} */
  unlink(key: string): void {
    this.#slots.delete(key);
  }

  /** Whether the entry is there for readers: it is not if its tag was evicted and it is yet to be removed. */
  #isThere(slot: number): boolean {
    return !this.#columns.areDetached || !this.#store.removeIfDetached(slot);
  }

  #copyOf(slot: number): Entry {
    const { shown } = this.#store;
    shown.slot = slot;
    return shown.copy();
  }
}
