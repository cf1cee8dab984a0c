import { NONE, type Slots } from './slots.js';
import type { TagLists } from './tag-lists.js';

/** Calls back soon, when other work had its turn. @internal */
export type NextTurn = (callback: () => void) => void;

/** How many slots are freed in a turn of the event loop. @internal */
export const FREED_BY_TURN = 2_000;

/** What the leftovers ask of the store. @internal */
export interface OwnerOfLeftovers {
  /** Frees the slot of an entry of a cleared region. */
  freeCleared(slot: number): void;
  /** The shelf of a cleared region is empty. */
  freeShelf(shelf: number): void;
  /** Removes an entry whose tag was evicted. */
  removeTagged(slot: number): void;
}

/** The parts of a store that its leftovers work with. @internal */
export interface LeftoversParts {
  readonly slots: Slots;
  readonly tags: TagLists;
  readonly owner: OwnerOfLeftovers;
  /** `undefined`: shelves are cleared away as the store asks for it, and entries of evicted tags at once. */
  readonly nextTurn: NextTurn | undefined;
  /** How many slots are freed in a turn of the event loop. */
  readonly freedByTurn: number;
}

interface Shelf {
  readonly shelf: number;
  readonly slots: Iterator<number>;
}

/**
 * What was evicted together and is still in the store: cleared regions, and entries of which a tag was evicted. Readers do not find it any
 * more. Its slots are freed some at a time: a million in one go would block the event loop.
 *
 * @internal
 */
export class Leftovers {
  readonly #parts: LeftoversParts;
  readonly #shelves: Shelf[] = [];
  #isFreeing = false;

  constructor(parts: LeftoversParts) {
    this.#parts = parts;
  }

  addShelf(shelf: number, slots: Iterator<number>): void {
    this.#shelves.push({ shelf, slots });
    this.#freeLater();
  }

  /** Removes the entries of detached tags: a few thousand now, the others later. */
  freeDetached(): void {
    const { freedByTurn, nextTurn, slots } = this.#parts;
    this.#removeTagged(nextTurn ? freedByTurn : Infinity);
    if (slots.areDetached) this.#freeLater();
  }

  /** Frees some of the slots of cleared regions. @returns how many fewer than `most` there were */
  free(most: number): number {
    let left = most;
    while (left > 0) {
      const [first] = this.#shelves;
      if (!first) break;
      const { done, value: slot } = first.slots.next();
      if (done) {
        this.#parts.owner.freeShelf(first.shelf);
        this.#shelves.shift();
        continue;
      }
      left -= 1;
      // It may have been freed by another way since, and may have been taken again.
      if (this.#parts.slots.owner[slot] === first.shelf) this.#parts.owner.freeCleared(slot);
    }
    return left;
  }

  #freeLater(): void {
    const { freedByTurn, nextTurn, slots } = this.#parts;
    if (this.#isFreeing || !nextTurn) return;
    this.#isFreeing = true;
    nextTurn(() => {
      this.#isFreeing = false;
      this.#removeTagged(this.free(freedByTurn));
      if (this.#shelves.length > 0 || slots.areDetached) this.#freeLater();
    });
  }

  #removeTagged(most: number): void {
    const { owner, tags } = this.#parts;
    for (let left = most; left > 0; left -= 1) {
      const slot = tags.firstDetached();
      if (slot === NONE) return;
      owner.removeTagged(slot);
    }
  }
}
