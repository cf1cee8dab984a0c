import { unsafeCast } from '../common/unsafe-cast.js';
import { NONE, type Slots } from './slots.js';

const FIRST = 16;

/**
 * Finds entries by tag, so that the cost of an eviction by tag depends on the entries with that tag, not on all that are stored.
 *
 * Each tag of each entry is a node, which is in two lists: the nodes of the tag, and those of the entry. The nodes are numbers in columns, as
 * the entries are: a set for each tag takes more memory than the entries, and looks for its first one among all that have left.
 *
 * @internal
 */
export class TagLists {
  readonly #slots: Slots;
  /** The number of each tag that an entry has. */
  readonly #tags = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #firstNode: number[] = [];
  readonly #freeTags: number[] = [];
  #slotOf = new Int32Array(0);
  #tagOf = new Int32Array(0);
  /** The neighbours in the list of the tag. */
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** The next node of the same entry; of a free node, the next free one. */
  #nextOfEntry = new Int32Array(0);
  #firstFree = NONE;
  /** The numbers of tags that were detached and that entries still have. */
  readonly #detached = new Set<number>();

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** How many tags there are that an entry has. */
  get size(): number {
    return this.#tags.size;
  }

  add(slot: number, tags: readonly string[]): void {
    // From the last to the first: each is put in front of those that are there.
    for (let index = tags.length - 1; index >= 0; index -= 1) this.#addTag(slot, unsafeCast<string>(tags[index]));
  }

  /** Takes all tags from an entry. */
  remove(slot: number): void {
    const first = this.#slots.firstTag?.[slot] ?? NONE;
    for (let node = first; node !== NONE;) {
      const next = this.#nextOfEntry[node] ?? NONE;
      this.#unlink(node);
      this.#nextOfEntry[node] = this.#firstFree;
      this.#firstFree = node;
      node = next;
    }
    if (first !== NONE) this.#slots.setFirstTag(slot, NONE);
  }

  /** The tags of an entry, in the order in which they were given. */
  of(slot: number): readonly string[] {
    const first = this.#slots.firstTag?.[slot] ?? NONE;
    if (first === NONE) return NO_TAGS;
    const tags: string[] = [];
    for (let node = first; node !== NONE; node = this.#nextOfEntry[node] ?? NONE)
      tags.push(unsafeCast<string>(this.#names[this.#tagOf[node] ?? NONE]));
    return tags;
  }

  /** An entry with the tag; `NONE`: there is no other. */
  first(tag: string): number {
    const number = this.#tags.get(tag);
    const node = number === undefined ? NONE : (this.#firstNode[number] ?? NONE);
    return node === NONE ? NONE : (this.#slotOf[node] ?? NONE);
  }

  /** Marks all entries with the tag as such that are about to be removed. Those that get the tag from now on are not among them. */
  detach(tag: string): void {
    const number = this.#tags.get(tag);
    if (number === undefined) return;
    this.#tags.delete(tag);
    this.#detached.add(number);
    this.#slots.areDetached = true;
  }

  /** Whether the entry is about to be removed. */
  isDetached(slot: number): boolean {
    for (let node = this.#slots.firstTag?.[slot] ?? NONE; node !== NONE; node = this.#nextOfEntry[node] ?? NONE)
      if (this.#detached.has(this.#tagOf[node] ?? NONE)) return true;
    return false;
  }

  /** An entry that is about to be removed; `NONE`: there is no other. */
  firstDetached(): number {
    for (const number of this.#detached) return this.#slotOf[this.#firstNode[number] ?? NONE] ?? NONE;
    return NONE;
  }

  #addTag(slot: number, tag: string): void {
    const number = this.#tags.get(tag) ?? this.#newTag(tag);
    const node = this.#newNode();
    const next = this.#firstNode[number] ?? NONE;
    this.#slotOf[node] = slot;
    this.#tagOf[node] = number;
    this.#next[node] = next;
    this.#previous[node] = NONE;
    if (next !== NONE) this.#previous[next] = node;
    this.#firstNode[number] = node;
    this.#nextOfEntry[node] = this.#slots.firstTag?.[slot] ?? NONE;
    this.#slots.setFirstTag(slot, node);
  }

  #unlink(node: number): void {
    const next = this.#next[node] ?? NONE;
    const previous = this.#previous[node] ?? NONE;
    const tag = this.#tagOf[node] ?? NONE;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else if (next !== NONE) this.#firstNode[tag] = next;
    else this.#dropTag(tag);
  }

  #newTag(tag: string): number {
    const number = this.#freeTags.pop() ?? this.#names.length;
    this.#names[number] = tag;
    this.#firstNode[number] = NONE;
    this.#tags.set(tag, number);
    return number;
  }

  #dropTag(number: number): void {
    if (!this.#detached.delete(number)) this.#tags.delete(unsafeCast<string>(this.#names[number]));
    else if (this.#detached.size === 0) this.#slots.areDetached = false;
    this.#names[number] = '';
    this.#firstNode[number] = NONE;
    this.#freeTags.push(number);
  }

  #newNode(): number {
    if (this.#firstFree === NONE) this.#grow();
    const node = this.#firstFree;
    this.#firstFree = this.#nextOfEntry[node] ?? NONE;
    return node;
  }

  /** Most entries have one tag: then there are as many nodes as slots. */
  #grow(): void {
    const before = this.#slotOf.length;
    const { capacity } = this.#slots;
    const length = before < capacity ? Math.min(Math.max(FIRST, before * 2), capacity) : before + Math.ceil(before / 2);
    this.#slotOf = longer(this.#slotOf, length);
    this.#tagOf = longer(this.#tagOf, length);
    this.#next = longer(this.#next, length);
    this.#previous = longer(this.#previous, length);
    this.#nextOfEntry = longer(this.#nextOfEntry, length);
    for (let node = length - 1; node >= before; node -= 1) {
      this.#nextOfEntry[node] = this.#firstFree;
      this.#firstFree = node;
    }
  }
}

const NO_TAGS: readonly string[] = [];

function longer(from: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
