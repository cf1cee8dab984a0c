import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { widen } from './widen.js';

/** The bounds of one message. A larger one would hold up the requests behind it on the connection. */
const MAX_TARGETS = 100;
const MAX_BYTES = 8 * 1024;
/** The part of a message around its targets: braces, the version, and the sender, whose host name may have 253 bytes. */
const ENVELOPE_BYTES = 512;
/** What is no longer in the outbox is removed from its order when it is more than that, and more than what is. */
const FEW = 1_024;

/**
 * The targets that are not in the log yet, oldest first, each of them once. None ever expires.
 *
 * It is bounded: above `limit` targets they are widened, which loses nothing. The bound can be lifted while the log takes what is sent.
 *
 * An application may evict very many keys in one tick, so to add one costs no more than an element of a set and one of a list.
 *
 * @internal
 */
export class Outbox {
  readonly #limit: number;
  /** The targets from `#first` on, in the order in which they were added; and some that a wider one has replaced. */
  #order: InvalidationTarget[] = [];
  #first = 0;
  #everything = false;
  readonly #regions = new Set<string>();
  readonly #tags = new Set<string>();
  readonly #keys = new Map<string, Set<string>>();
  #size = 0;
  #isBounded = true;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of targets. */
  get size(): number {
    return this.#size;
  }

  /** Whether a full message can be taken and something is left after it. It need not wait for the end of the tick. */
  get overflowsMessage(): boolean {
    return this.#size > MAX_TARGETS;
  }

  /** Whether more targets wait than the limit, which is lifted. */
  get exceedsLimit(): boolean {
    return this.#size > this.#limit;
  }

  /** More targets may wait than the limit, until {@link bound}. */
  lift(): void {
    this.#isBounded = false;
  }

  /** No more targets may wait than the limit: what is above it is widened now. */
  bound(): void {
    this.#isBounded = true;
    if (this.exceedsLimit) this.#widen();
  }

  /** Adds a target, unless a wider one covers it already; it replaces the narrower ones that it covers. */
  add(target: InvalidationTarget): void {
    if (this.#everything || !this.#isNew(target)) return;
    this.#size += 1;
    this.#order.push(target);
    if (this.#isBounded && this.#size > this.#limit) this.#widen();
  }

  /** Puts targets back that were taken and did not reach the log. They come first, since they are older. */
  putBack(targets: readonly InvalidationTarget[]): void {
    if (targets.length === 0) return;
    const waiting = this.targets();
    this.clear();
    for (const target of targets) this.add(target);
    for (const target of waiting) this.add(target);
  }

  /** Removes and returns the oldest targets, as many as fit in one message. */
  take(): readonly InvalidationTarget[] {
    const taken: InvalidationTarget[] = [];
    let bytes = ENVELOPE_BYTES;
    let region: string | undefined;
    for (; this.#first < this.#order.length && taken.length < MAX_TARGETS; this.#first += 1) {
      const target = this.#order[this.#first];
      if (!target || !this.#holds(target)) continue;
      bytes += bytesOf(target, region);
      if (taken.length > 0 && bytes > MAX_BYTES) break;
      if (target.kind === 'key') ({ region } = target);
      taken.push(target);
      this.#remove(target);
    }
    this.#forgetTaken();
    return taken;
  }

  /** All targets, oldest first. */
  targets(): readonly InvalidationTarget[] {
    return this.#order.slice(this.#first).filter((target) => this.#holds(target));
  }

  clear(): void {
    this.#order = [];
    this.#first = 0;
    this.#everything = false;
    this.#regions.clear();
    this.#tags.clear();
    this.#keys.clear();
    this.#size = 0;
  }

  /** Remembers the target; `false`: it is remembered already, or a wider one is. */
  #isNew(target: InvalidationTarget): boolean {
    switch (target.kind) {
      case 'key': {
        const { region, key } = target;
        if (this.#regions.size > 0 && this.#regions.has(region)) return false;
        const known = this.#keys.get(region);
        if (!known) this.#keys.set(region, new Set([key]));
        // Asked by its size: to look first would look twice.
        return !known || known.size < known.add(key).size;
      }
      case 'tag':
        return this.#tags.size < this.#tags.add(target.tag).size;
      case 'region':
        if (this.#regions.has(target.region)) return false;
        this.#removeKeysOf(target.region);
        this.#regions.add(target.region);
        return true;
      case 'everything':
        this.clear();
        this.#everything = true;
        return true;
    }
  }

  #holds(target: InvalidationTarget): boolean {
    switch (target.kind) {
      case 'key':
        return this.#keys.get(target.region)?.has(target.key) ?? false;
      case 'tag':
        return this.#tags.has(target.tag);
      case 'region':
        return this.#regions.has(target.region);
      case 'everything':
        return this.#everything;
    }
  }

  #remove(target: InvalidationTarget): void {
    this.#size -= 1;
    switch (target.kind) {
      case 'key': {
        const known = this.#keys.get(target.region);
        known?.delete(target.key);
        if (known?.size === 0) this.#keys.delete(target.region);
        break;
      }
      case 'tag':
        this.#tags.delete(target.tag);
        break;
      case 'region':
        this.#regions.delete(target.region);
        break;
      case 'everything':
        this.#everything = false;
    }
  }

  #removeKeysOf(region: string): void {
    this.#size -= this.#keys.get(region)?.size ?? 0;
    this.#keys.delete(region);
    // Their places in the order stay until somebody comes there, which may take for ever while nothing is sent.
    if (this.#order.length - this.#first <= FEW + 2 * this.#size) return;
    this.#order = [...this.targets()];
    this.#first = 0;
  }

  #forgetTaken(): void {
    if (this.#first < this.#order.length && this.#first <= FEW + this.#size) return;
    this.#order = this.#order.slice(this.#first);
    this.#first = 0;
  }

  #widen(): void {
    const wide = widen(this.targets(), this.#limit);
    this.clear();
    for (const target of wide) this.add(target);
  }
}

/**
 * At most so many bytes the target takes in a message, as it is sent: in UTF-8, and with the escapes of JSON.
 *
 * @param region - of the target before it: the keys of a region stand behind its name
 */
function bytesOf(target: InvalidationTarget, region: string | undefined): number {
  switch (target.kind) {
    case 'everything':
      return 0;
    case 'region':
      return bytesOfText(target.region);
    case 'tag':
      return bytesOfText(target.tag);
    case 'key':
      return bytesOfText(target.key) + (target.region === region ? 0 : 2 + bytesOfText(target.region));
  }
}

/** Of the text, its quotes and a comma. */
function bytesOfText(text: string): number {
  return 1 + (PLAIN.test(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text)));
}

/** Text that JSON writes as it is, one byte for each character. */
const PLAIN = /^[ !#-[\]-~]*$/;
