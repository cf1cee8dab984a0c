import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { widen } from './widen.js';

/** The bounds of one message. A larger one would hold up the requests behind it on the connection. */
const MAX_TARGETS = 100;
const MAX_BYTES = 8 * 1024;
/** The part of a message around its targets: braces, the version, and the sender, whose host name may have 253 bytes. */
const ENVELOPE_BYTES = 512;

/**
 * The targets that are not in the log yet, oldest first, each of them once. None ever expires.
 *
 * It is bounded: above `limit` targets they are widened, which loses nothing.
 *
 * @internal
 */
export class Outbox {
  readonly #limit: number;
  #targets = new Map<string, InvalidationTarget>();
  /** The ids of the keys by their region. Made when the first region is added: most outboxes hold keys alone. */
  #keysOf: Map<string, Set<string>> | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of targets. */
  get size(): number {
    return this.#targets.size;
  }

  /** Whether a full message can be taken and something is left after it. It need not wait for the end of the tick. */
  get overflowsMessage(): boolean {
    return this.#targets.size > MAX_TARGETS;
  }

  /** Adds a target, unless a wider one covers it already; it replaces the narrower ones that it covers. */
  add(target: InvalidationTarget): void {
    if (this.#isCovered(target)) return;
    if (target.kind === 'everything') this.clear();
    if (target.kind === 'region') this.#removeKeysOf(target.region);
    const id = identity(target);
    this.#targets.set(id, target);
    if (target.kind === 'key' && this.#keysOf) addTo(this.#keysOf, target.region, id);
    if (this.#targets.size > this.#limit) this.#widen();
  }

  /** Puts targets back that were taken and did not reach the log. They come first, since they are older. */
  putBack(targets: readonly InvalidationTarget[]): void {
    if (targets.length === 0) return;
    this.#keysOf = undefined;
    const waiting = this.#targets.values();
    this.#targets = new Map();
    for (const target of targets) this.add(target);
    for (const target of waiting) this.add(target);
  }

  /** Removes and returns the oldest targets, as many as fit in one message. */
  take(): readonly InvalidationTarget[] {
    this.#keysOf = undefined;
    const taken: InvalidationTarget[] = [];
    let bytes = ENVELOPE_BYTES;
    for (const [id, target] of this.#targets) {
      // Measured as it is sent: in UTF-8, and with the escapes of JSON.
      bytes += PLAIN.test(id) ? id.length + 2 : Buffer.byteLength(JSON.stringify(id));
      if (taken.length === MAX_TARGETS || (taken.length > 0 && bytes > MAX_BYTES)) break;
      taken.push(target);
      this.#targets.delete(id);
    }
    return taken;
  }

  /** All targets, oldest first. */
  targets(): readonly InvalidationTarget[] {
    return [...this.#targets.values()];
  }

  clear(): void {
    this.#keysOf = undefined;
    this.#targets.clear();
  }

  #isCovered(target: InvalidationTarget): boolean {
    if (this.#targets.has(EVERYTHING_ID)) return true;
    return target.kind === 'key' && this.#targets.has(identity({ kind: 'region', region: target.region }));
  }

  #removeKeysOf(region: string): void {
    if (!this.#keysOf) {
      this.#keysOf = new Map();
      for (const [id, target] of this.#targets) if (target.kind === 'key') addTo(this.#keysOf, target.region, id);
    }
    for (const id of this.#keysOf.get(region) ?? []) this.#targets.delete(id);
    this.#keysOf.delete(region);
  }

  #widen(): void {
    this.#keysOf = undefined;
    const wide = widen(this.#targets.values(), this.#limit);
    this.#targets = new Map(wide.map((target) => [identity(target), target]));
  }
}

function addTo(idsOf: Map<string, Set<string>>, region: string, id: string): void {
  const known = idsOf.get(region);
  if (known) known.add(id);
  else idsOf.set(region, new Set([id]));
}

const EVERYTHING_ID = 'e';

/** Text that JSON writes as it is, one byte for each character. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Equal for equal targets. The length of the region tells region `a`, key `bc` from region `ab`, key `c`. */
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
