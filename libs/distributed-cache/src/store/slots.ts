import { unsafeCast } from '../common/unsafe-cast.js';
import type { EntryCare } from './entry.js';

/** No slot. @internal */
export const NONE = -1;

/** How many slots there are at first. A hold makes a store of its own, for a few values. */
const FIRST = 16;
/** `loadedAt` is held in whole ms since a base, as a number of this size. */
const LONGEST = 2 ** 32 - 1;

/**
 * The entries of a store, in columns: entry number n is what the columns hold at n. An object for each entry would take more than twice the
 * memory, and so would numbers that are not whole in an array of the language. What few stores need has no column until it is used.
 *
 * A slot is given out by {@link take} and given back by {@link release}.
 *
 * @internal
 */
export class Slots {
  keys: string[] = [];
  values: unknown[] = [];
  /** Monotonic ms. */
  expiresAt = new Float64Array(0);
  /** The number of the shelf that an entry belongs to; 0: the slot is free. */
  owner = new Uint32Array(0);
  /** When it was last used, for the eviction policy: what {@link mark} was then. */
  used = new Uint32Array(0);
  /** What a use of an entry writes to {@link used}. */
  mark = 0;
  /** The neighbours in the queue of the eviction policy; of a free slot, the next free one. */
  newer = new Int32Array(0);
  older = new Int32Array(0);
  /** Which queue it is in, for the eviction policy. */
  state = new Uint8Array(0);
  /** The first of the nodes of `TagLists` of an entry; `undefined`: no entry has ever had a tag. */
  firstTag: Int32Array | undefined;
  /** Whether some entries are about to be removed, and are not to be served: see `TagLists.detach`. */
  areDetached = false;
  /** In `sizeUnits`; `undefined`: no entry has ever had a size. */
  sizes: Float64Array | undefined;
  /** `undefined`: no entry has ever had one. */
  cares: (EntryCare | undefined)[] | undefined;
  #loadedAt = new Uint32Array(0);
  #base = 0;
  #firstFree = NONE;
  #atMost: number;

  /** @param atMost - how many there are to be at most; more are made all the same when they are needed */
  constructor(atMost: number) {
    this.#atMost = atMost;
  }

  /** How many slots there are, free ones included. */
  get capacity(): number {
    return this.owner.length;
  }

  /** Whether {@link take} would make room for more. */
  get isFull(): boolean {
    return this.#firstFree === NONE;
  }

  /** A free slot. */
  take(): number {
    if (this.#firstFree === NONE) this.#grow();
    const slot = this.#firstFree;
    this.#firstFree = this.newer[slot] ?? NONE;
    return slot;
  }

  /** Makes a slot free, and lets go of what it holds. */
  release(slot: number): void {
    this.owner[slot] = 0;
    unsafeCast<unknown[]>(this.keys)[slot] = undefined;
    this.values[slot] = undefined;
    if (this.cares) this.cares[slot] = undefined;
    this.newer[slot] = this.#firstFree;
    this.#firstFree = slot;
  }

  /** Monotonic ms, rounded down: a value is never younger than it was. */
  loadedAt(slot: number): number {
    return (this.#loadedAt[slot] ?? 0) + this.#base;
  }

  setLoadedAt(slot: number, loadedAt: number): void {
    let since = Math.floor(loadedAt) - this.#base;
    if (since > LONGEST) {
      this.#moveBase(since - LONGEST / 2);
      since = Math.floor(loadedAt) - this.#base;
    }
    this.#loadedAt[slot] = Math.max(0, since);
  }

  sizeOf(slot: number): number {
    return this.sizes?.[slot] ?? 0;
  }

  setSize(slot: number, size: number): void {
    if (size !== 0) this.sizes ??= new Float64Array(this.capacity);
    if (this.sizes) this.sizes[slot] = size;
  }

  setCare(slot: number, care: EntryCare | undefined): void {
    if (care) this.cares ??= longer<EntryCare | undefined>([], this.capacity);
    if (this.cares) this.cares[slot] = care;
  }

  setFirstTag(slot: number, node: number): void {
    if (node !== NONE) this.firstTag ??= new Int32Array(this.capacity).fill(NONE);
    if (this.firstTag) this.firstTag[slot] = node;
  }

  /** What was loaded before the new base, more than three weeks ago, counts as loaded then. */
  #moveBase(by: number): void {
    const whole = Math.floor(by);
    this.#base += whole;
    this.#loadedAt = this.#loadedAt.map((since) => Math.max(0, since - whole));
  }

  #grow(): void {
    const before = this.capacity;
    const doubled = Math.max(FIRST, before * 2);
    // Exactly as many as the store may hold, so that a full one has no room to spare.
    const capacity = before < this.#atMost ? Math.min(doubled, Math.max(this.#atMost, FIRST)) : doubled;
    this.keys = longer(this.keys, capacity);
    this.values = longer(this.values, capacity);
    this.expiresAt = copied(new Float64Array(capacity), this.expiresAt);
    this.owner = copied(new Uint32Array(capacity), this.owner);
    this.used = copied(new Uint32Array(capacity), this.used);
    this.newer = copied(new Int32Array(capacity), this.newer);
    this.older = copied(new Int32Array(capacity), this.older);
    this.state = copied(new Uint8Array(capacity), this.state);
    this.#loadedAt = copied(new Uint32Array(capacity), this.#loadedAt);
    if (this.firstTag) this.firstTag = copied(new Int32Array(capacity).fill(NONE), this.firstTag);
    if (this.sizes) this.sizes = copied(new Float64Array(capacity), this.sizes);
    if (this.cares) this.cares = longer(this.cares, capacity);
    for (let slot = capacity - 1; slot >= before; slot -= 1) {
      this.newer[slot] = this.#firstFree;
      this.#firstFree = slot;
    }
  }
}

/** An array that grows by itself has room for half as much again; one whose length is set has room for that. */
function longer<T>(from: readonly T[], length: number): T[] {
  const to: T[] = [];
  to.length = length;
  for (let index = 0; index < from.length; index += 1) to[index] = unsafeCast<T>(from[index]);
  return to;
}

function copied<T extends Float64Array | Uint32Array | Int32Array | Uint8Array>(to: T, from: T): T {
  to.set(from);
  return to;
}
