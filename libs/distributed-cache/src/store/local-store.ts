import type { NewEntry } from './entry.js';
import { EvictionPolicy, type Pool } from './eviction-policy.js';
import { FoundEntry } from './found-entry.js';
import { hashOf } from './ghosts.js';
import { FREED_BY_TURN, Leftovers, type NextTurn, type OwnerOfLeftovers } from './leftovers.js';
import { RegionStore, type RegionBounds, type StoreOfRegion, type StoreOutcome } from './region-store.js';
import { SharedPromises } from './shared-promises.js';
import { NONE, Slots } from './slots.js';
import { TagLists } from './tag-lists.js';

/** The bounds of a store; they hold for all regions together. @internal */
export interface LocalStoreBounds {
  /** The largest number of entries. */
  readonly maxEntries: number;
  /** The largest sum of the entries' sizes, in {@link sizeUnits}; `undefined`: no bound. */
  readonly maxSize: number | undefined;
}

/**
 * A size as it is added up: in whole units of 2^-20. Sums of fractions would drift: after many additions and subtractions, an empty store
 * would not have the size 0, and would refuse, or drop at once, a value as large as the bound.
 *
 * @internal
 */
export function sizeUnits(size: number): number {
  return Math.round(size * 2 ** 20);
}

/** Whoever wants to know why entries leave by themselves. @internal */
export interface StoreListener {
  /** An entry was removed because a bound was exceeded. */
  crowdedOut(region: RegionStore, key: string): void;
  /** An entry is about to be removed because one of its tags was evicted. `entry` is not to be kept. */
  tagEvicted(region: RegionStore, entry: FoundEntry): void;
}

/** How many slots of what was evicted a new entry frees. */
const FREED_BY_ENTRY = 8;
/** How many slots are looked at for an expired entry, before one that has not expired has to leave. */
const MOST_LOOKED_AT = 256;

/**
 * The cached values of this instance.
 *
 * It owns the slots, in which all entries are ({@link Slots}), the regions ({@link RegionStore}), the order in which entries leave
 * ({@link EvictionPolicy}), the tags ({@link TagLists}) and the bounds. Nobody owns the values: callers may hold the same references.
 *
 * The time is told with every entry that is stored. A look at an entry returns an expired one like any other, and the reader decides whether
 * it may be served.
 *
 * @internal
 */
export class LocalStore implements StoreOfRegion, OwnerOfLeftovers {
  readonly slots: Slots;
  readonly found: FoundEntry;
  readonly shown: FoundEntry;
  readonly #bounds: LocalStoreBounds;
  readonly #listener: StoreListener;
  readonly #leftovers: Leftovers;
  readonly #policy: EvictionPolicy;
  readonly #tags: TagLists;
  readonly #promises = new SharedPromises();
  readonly #shared: Pool;
  readonly #regions = new Map<string, RegionStore>();
  /** The region of each shelf; `undefined`: it was cleared, or there is no such shelf. Number 0 is that of free slots. */
  readonly #shelves: (RegionStore | undefined)[] = [undefined];
  /** The pool of each shelf, of cleared ones too. */
  readonly #pools: (Pool | undefined)[] = [undefined];
  readonly #freeShelves: number[] = [];
  #entries = 0;
  #size = 0;
  /** Where the search for expired entries goes on. */
  #hand = 0;
  /** Nothing expires before this (monotonic ms), as far as it is known. */
  #earliestExpiry = Infinity;
  /** As {@link #earliestExpiry}, of what the search has seen in this round. */
  #earliestSeen = Infinity;
  /** Nobody outside can choose keys that are taken for each other. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);

  /** @param nextTurn - default: the entries that come after it clear away what was cleared, and evictions by tag remove all at once */
  constructor(bounds: LocalStoreBounds, listener: StoreListener, nextTurn?: NextTurn, freedByTurn = FREED_BY_TURN) {
    this.#bounds = bounds;
    this.#listener = listener;
    this.slots = new Slots(bounds.maxEntries);
    this.#policy = new EvictionPolicy(this.slots);
    this.#tags = new TagLists(this.slots);
    this.found = new FoundEntry(this.slots, this.#tags, this.#promises);
    this.shown = new FoundEntry(this.slots, this.#tags, this.#promises);
    this.#shared = this.#policy.newPool();
    this.#leftovers = new Leftovers({ slots: this.slots, tags: this.#tags, owner: this, nextTurn, freedByTurn });
  }

  get entries(): number {
    return this.#entries;
  }

  get size(): number {
    return this.#size;
  }

  /** How many different tags the entries have. */
  get tags(): number {
    return this.#tags.size;
  }

  /** The region with this name; it is made on first use, and only then its bounds count. */
  region(name: string, bounds: RegionBounds): RegionStore {
    const known = this.#regions.get(name);
    if (known) return known;
    const maxEntries = Math.min(bounds.maxEntries, this.#bounds.maxEntries);
    const pool = maxEntries < this.#bounds.maxEntries ? this.#policy.newPool() : this.#shared;
    const region = new RegionStore(name, { ...bounds, maxEntries }, pool, this);
    region.shelf = this.#newShelf(region);
    this.#regions.set(name, region);
    return region;
  }

  /** Forgets a region that has no entries and is not used any more; its name may be used again. */
  release(region: RegionStore): void {
    this.#regions.delete(region.name);
    this.#shelves[region.shelf] = undefined;
    this.#freeShelves.push(region.shelf);
    region.shelf = 0;
  }

  /**
   * Stores `entry` in place of the one under its key. Before, others leave until there is room in the bounds. An entry that is larger than
   * `maxSize` is refused, and so are one that is not worth what it would displace, and one for a region that was released.
   *
   * @param now - monotonic ms; what has expired leaves first
   */
  set(region: RegionStore, entry: NewEntry, now: number): StoreOutcome {
    const { maxSize } = this.#bounds;
    const isReleased = region.shelf === 0;
    if (isReleased || (maxSize !== undefined && entry.size > maxSize)) return 'refused';
    this.#leftovers.free(FREED_BY_ENTRY);
    const held = region.slotOf(entry.key);
    return held === undefined ? this.#add(region, entry, now) : this.#replace(region, held, entry, now);
  }

  removeSlot(slot: number): void {
    const region = this.#regionOf(slot);
    const key = this.slots.keys[slot];
    if (!region || key === undefined) return;
    const size = this.slots.sizeOf(slot);
    region.unlink(key);
    this.#count(region, -1, -size);
    this.#policy.removed(slot, region.pool, () => this.#hashOf(region, key), this.#weightOf(slot));
    this.#free(slot);
  }

  dropShelf(region: RegionStore, slots: ReadonlyMap<string, number>): number {
    const { shelf, totalSize } = region;
    this.#shelves[shelf] = undefined;
    this.#count(region, -slots.size, -totalSize);
    this.#leftovers.addShelf(shelf, slots.values());
    return this.#newShelf(region);
  }

  /** Evicts the entries with the tag in every region. They are not there any more for readers; many are removed some at a time. */
  evictTag(tag: string): void {
    this.#tags.detach(tag);
    this.#leftovers.freeDetached();
  }

  removeIfDetached(slot: number): boolean {
    if (!this.#tags.isDetached(slot)) return false;
    this.removeTagged(slot);
    return true;
  }

  /** @internal for {@link Leftovers} */
  removeTagged(slot: number): void {
    const region = this.#regionOf(slot);
    // If it was cleared, it is about to be cleared away.
    if (!region) return this.#tags.remove(slot);
    this.shown.slot = slot;
    this.#listener.tagEvicted(region, this.shown);
    this.removeSlot(slot);
  }

  /** @internal for {@link Leftovers} */
  freeCleared(slot: number): void {
    const pool = this.#pools[this.slots.owner[slot] ?? 0];
    if (pool) this.#policy.forget(slot, pool, this.#weightOf(slot));
    this.#free(slot);
  }

  /** @internal for {@link Leftovers} */
  freeShelf(shelf: number): void {
    this.#freeShelves.push(shelf);
  }

  clear(): void {
    for (const region of this.#regions.values()) region.clear();
  }

  #add(region: RegionStore, entry: NewEntry, now: number): StoreOutcome {
    const { maxEntries, maxSize = Infinity } = this.#bounds;
    const { key, size } = entry;
    const weight = this.#bounds.maxSize === undefined ? 1 : size;
    const hash = (): number => this.#hashOf(region, key);
    while (this.slots.areDetached && this.#size + size > maxSize) this.removeTagged(this.#tags.firstDetached());
    if (this.#size + size > maxSize) {
      this.#policy.remember(this.#entries);
      if (this.#policy.isTooMuch(region.pool, hash, weight, this.#weightOf)) return 'refused';
    }
    while (region.size >= region.maxEntries && this.#crowdOut(region.pool, now));
    while ((this.#entries >= maxEntries || this.#size + size > maxSize) && this.#crowdOut(undefined, now));
    const { slots } = this;
    const slot = slots.take();
    slots.keys[slot] = key;
    slots.owner[slot] = region.shelf;
    region.link(key, slot);
    this.#write(slot, entry);
    this.#count(region, 1, size);
    this.#policy.admit(slot, region.pool, hash, weight, this.#weightOf);
    return 'added';
  }

  /** It counts as a use: the entry stays where it is. */
  #replace(region: RegionStore, slot: number, entry: NewEntry, now: number): StoreOutcome {
    const { maxSize } = this.#bounds;
    const before = this.slots.sizeOf(slot);
    this.#tags.remove(slot);
    this.#promises.forget(slot);
    this.#write(slot, entry);
    this.#policy.used(slot);
    if (maxSize === undefined) return 'replaced';
    this.#count(region, 0, entry.size - before);
    this.#policy.reweigh(slot, region.pool, entry.size - before);
    while (this.#size > maxSize && this.#crowdOut(undefined, now));
    return 'replaced';
  }

  #write(slot: number, { value, loadedAt, expiresAt, tags, size, care }: NewEntry): void {
    const { slots } = this;
    slots.values[slot] = value;
    slots.expiresAt[slot] = expiresAt;
    slots.setLoadedAt(slot, loadedAt);
    slots.setSize(slot, size);
    slots.setCare(slot, care);
    if (tags.length > 0) this.#tags.add(slot, tags);
    if (expiresAt < this.#earliestExpiry) this.#earliestExpiry = expiresAt;
    if (expiresAt < this.#earliestSeen) this.#earliestSeen = expiresAt;
  }

  /** Removes the entry that goes first. @param only - the pool that it is to leave; default: any @returns whether there was one */
  #crowdOut(only: Pool | undefined, now: number): boolean {
    if (this.slots.areDetached && this.#crowdOutDetached(only)) return true;
    this.#policy.remember(only ? only.entries : this.#entries);
    const expired = this.#expired(only, now);
    const slot = expired === NONE ? this.#policy.victim(only, this.#weightOf) : expired;
    if (slot === NONE) return false;
    if (this.slots.areDetached && this.removeIfDetached(slot)) return true;
    const region = this.#regionOf(slot);
    if (region) {
      const key = this.slots.keys[slot] ?? '';
      this.removeSlot(slot);
      this.#listener.crowdedOut(region, key);
    } else this.freeCleared(slot);
    return true;
  }

  /** Removes an entry that is about to be removed for its tag, if the first one is in the pool. @returns whether it was */
  #crowdOutDetached(only: Pool | undefined): boolean {
    const slot = this.#tags.firstDetached();
    if (slot === NONE || (only && this.#regionOf(slot)?.pool !== only)) return false;
    this.removeTagged(slot);
    return true;
  }

  /**
   * An expired entry, as far as one is found by looking at some: best one that no policy keeps. The search goes on where it ended.
   *
   * @param only - the pool in which it is to be
   */
  #expired(only: Pool | undefined, now: number): number {
    if (now < this.#earliestExpiry) return NONE;
    const { capacity, cares, expiresAt, owner } = this.slots;
    let kept = NONE;
    for (let looked = Math.min(MOST_LOOKED_AT, capacity); looked > 0; looked -= 1) {
      const slot = this.#hand;
      this.#hand = slot + 1 < capacity ? slot + 1 : this.#endOfRound();
      if (owner[slot] === 0) continue;
      const ends = expiresAt[slot] ?? 0;
      if (ends < this.#earliestSeen) this.#earliestSeen = ends;
      if (now < ends) continue;
      const region = this.#regionOf(slot);
      if (!region || (only && region.pool !== only)) continue;
      if (now >= ends + Math.max(region.keptFor, cares?.[slot]?.keptFor ?? 0)) return slot;
      if (kept === NONE) kept = slot;
    }
    return kept;
  }

  /** All slots were looked at: what was seen is what there is. @returns where the next round begins */
  #endOfRound(): number {
    this.#earliestExpiry = this.#earliestSeen;
    this.#earliestSeen = Infinity;
    return 0;
  }

  #free(slot: number): void {
    this.#tags.remove(slot);
    this.#promises.forget(slot);
    this.slots.release(slot);
  }

  #newShelf(region: RegionStore): number {
    const shelf = this.#freeShelves.pop() ?? this.#shelves.length;
    this.#shelves[shelf] = region;
    this.#pools[shelf] = region.pool;
    return shelf;
  }

  #regionOf(slot: number): RegionStore | undefined {
    return this.#shelves[this.slots.owner[slot] ?? 0];
  }

  #count(region: RegionStore, entries: number, size: number): void {
    this.#entries += entries;
    this.#size += size;
    region.totalSize += size;
  }

  #hashOf({ name }: RegionStore, key: string): number {
    return hashOf(key, hashOf(name, this.#seed));
  }

  readonly #weightOf = (slot: number): number => (this.#bounds.maxSize === undefined ? 1 : this.slots.sizeOf(slot));
}
