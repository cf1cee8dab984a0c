import type { InvalidationName } from '../../protocol/invalidation.js';
import { widened } from './widen.js';

/** Bounds of one message: a larger one would hold up everything behind it in a Redis pipeline. */
const MAX_NAMES = 100;
const MAX_BYTES = 8 * 1024;
/** What a message has around its names: braces, the version, the sender, and a host's name has up to 253 bytes. */
const ENVELOPE_BYTES = 512;

/**
 * The invalidations that are not in the log yet, oldest first, each name once. None ever expires.
 *
 * Bounded: above `limit` names, keys collapse into their regions, and then everything into everything. That widens, and so loses
 * nothing.
 *
 * @internal
 */
export class Outbox {
  readonly #limit: number;
  #names = new Map<string, InvalidationName>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many names wait. */
  get size(): number {
    return this.#names.size;
  }

  /** Whether a message can be filled: it need not wait for the end of the tick. */
  get fillsMessage(): boolean {
    return this.#names.size >= MAX_NAMES;
  }

  add(name: InvalidationName): void {
    if (this.#isSwallowed(name)) return;
    if (name.kind === 'everything') this.#names.clear();
    if (name.kind === 'region') this.#removeKeysOf(name.region);
    this.#names.set(identity(name), name);
    if (this.#names.size > this.#limit) this.#collapse();
  }

  /** Puts names back that were taken but did not reach the log: they are older than all that wait. */
  putBack(names: readonly InvalidationName[]): void {
    const waiting = this.#names.values();
    this.#names = new Map();
    for (const name of names) this.add(name);
    for (const name of waiting) this.add(name);
  }

  /** Takes the oldest names that fit in one message. */
  take(): readonly InvalidationName[] {
    const taken: InvalidationName[] = [];
    let bytes = ENVELOPE_BYTES;
    for (const [id, name] of this.#names) {
      // As it will be sent: in UTF-8, and with what JSON escapes.
      bytes += PLAIN.test(id) ? id.length + 2 : Buffer.byteLength(JSON.stringify(id));
      if (taken.length === MAX_NAMES || (taken.length > 0 && bytes > MAX_BYTES)) break;
      taken.push(name);
      this.#names.delete(id);
    }
    return taken;
  }

  /** All that wait, oldest first. */
  names(): readonly InvalidationName[] {
    return [...this.#names.values()];
  }

  clear(): void {
    this.#names.clear();
  }

  #isSwallowed(name: InvalidationName): boolean {
    if (this.#names.has(EVERYTHING_ID)) return true;
    return name.kind === 'key' && this.#names.has(identity({ kind: 'region', region: name.region }));
  }

  #removeKeysOf(region: string): void {
    for (const [id, name] of this.#names) if (name.kind === 'key' && name.region === region) this.#names.delete(id);
  }

  #collapse(): void {
    const wide = widened(this.#names.values(), this.#limit);
    this.#names = new Map(wide.map((name) => [identity(name), name]));
  }
}

const EVERYTHING_ID = 'e';

/** What JSON puts between quotes as it is, a byte a character. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Two names are one when this text is the same; the region's length keeps `a` + `bc` apart from `ab` + `c`. */
function identity(name: InvalidationName): string {
  switch (name.kind) {
    case 'everything':
      return EVERYTHING_ID;
    case 'region':
      return `r${name.region}`;
    case 'tag':
      return `t${name.tag}`;
    case 'key':
      return `k${name.region.length}:${name.region}${name.key}`;
  }
}
