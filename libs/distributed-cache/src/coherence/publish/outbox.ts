import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { widen } from './widen.js';

/** Bounds of one message: a larger one would hold up everything behind it in a Redis pipeline. */
const MAX_TARGETS = 100;
const MAX_BYTES = 8 * 1024;
/** What a message has around its targets: braces, the version, the sender, and a host's name has up to 253 bytes. */
const ENVELOPE_BYTES = 512;

/**
 * The invalidations that are not in the log yet, oldest first, each target once. None ever expires.
 *
 * Bounded: above `limit` targets, keys are widened to their regions, and then everything to everything, which loses
 * nothing.
 *
 * @internal
 */
export class Outbox {
  readonly #limit: number;
  #targets = new Map<string, InvalidationTarget>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many targets wait. */
  get size(): number {
    return this.#targets.size;
  }

  /** Whether a message can be filled: it need not wait for the end of the tick. */
  get fillsMessage(): boolean {
    return this.#targets.size >= MAX_TARGETS;
  }

  add(target: InvalidationTarget): void {
    if (this.#isCovered(target)) return;
    if (target.kind === 'everything') this.#targets.clear();
    if (target.kind === 'region') this.#removeKeysOf(target.region);
    this.#targets.set(identity(target), target);
    if (this.#targets.size > this.#limit) this.#widen();
  }

  /** Puts targets back that were taken but did not reach the log: they are older than all that wait. */
  putBack(targets: readonly InvalidationTarget[]): void {
    const waiting = this.#targets.values();
    this.#targets = new Map();
    for (const target of targets) this.add(target);
    for (const target of waiting) this.add(target);
  }

  /** Takes the oldest targets that fit in one message. */
  take(): readonly InvalidationTarget[] {
    const taken: InvalidationTarget[] = [];
    let bytes = ENVELOPE_BYTES;
    for (const [id, target] of this.#targets) {
      // As it will be sent: in UTF-8, and with what JSON escapes.
      bytes += PLAIN.test(id) ? id.length + 2 : Buffer.byteLength(JSON.stringify(id));
      if (taken.length === MAX_TARGETS || (taken.length > 0 && bytes > MAX_BYTES)) break;
      taken.push(target);
      this.#targets.delete(id);
    }
    return taken;
  }

  /** All that wait, oldest first. */
  targets(): readonly InvalidationTarget[] {
    return [...this.#targets.values()];
  }

  clear(): void {
    this.#targets.clear();
  }

  #isCovered(target: InvalidationTarget): boolean {
    if (this.#targets.has(EVERYTHING_ID)) return true;
    return target.kind === 'key' && this.#targets.has(identity({ kind: 'region', region: target.region }));
  }

  #removeKeysOf(region: string): void {
    for (const [id, target] of this.#targets)
      if (target.kind === 'key' && target.region === region) this.#targets.delete(id);
  }

  #widen(): void {
    const wide = widen(this.#targets.values(), this.#limit);
    this.#targets = new Map(wide.map((target) => [identity(target), target]));
  }
}

const EVERYTHING_ID = 'e';

/** What JSON puts between quotes as it is, a byte a character. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Two targets are one when this text is the same; the region's length keeps `a` + `bc` apart from `ab` + `c`. */
function identity(target: InvalidationTarget): string {
  switch (target.kind) {
    case 'everything':
      return EVERYTHING_ID;
    case 'region':
      return `r${target.region}`;
    case 'tag':
      return `t${target.tag}`;
    case 'key':
      return `k${target.region.length}:${target.region}${target.key}`;
  }
}
