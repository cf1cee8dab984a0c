import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { DistinctTargets } from './distinct-targets.js';
import { widen } from './widen.js';

/** The bounds of one message. A larger one would hold up the requests behind it on the connection. */
const MAX_TARGETS = 100;
const MAX_BYTES = 8 * 1024;
/** The part of a message around its targets: braces, the version, and the sender, whose host name may have 253 bytes. */
const ENVELOPE_BYTES = 512;
/** So many targets are compared with each other while the bound is lifted. To find one among very many would take longer than to send it again. */
const MAX_COMPARED = 1_024;

/**
 * The targets that are not in the log yet, oldest first. None ever expires.
 *
 * It is bounded: above `limit` targets they are widened, which loses nothing, and each target stands in it once. The bound can be lifted
 * while the log takes what is sent. Then only the newest targets are compared: an application may evict very many keys in one tick, and
 * a key that is sent twice does no harm.
 *
 * @internal
 */
export class Outbox {
  readonly #limit: number;
  /** The older targets, which are not compared any more: from `#first` on in the first list. */
  #older: (readonly InvalidationTarget[])[] = [];
  #first = 0;
  #olderCount = 0;
  #newest = new DistinctTargets();
  #isBounded = true;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of targets. */
  get size(): number {
    return this.#olderCount + this.#newest.size;
  }

  /** Whether a full message can be taken and something is left after it. It need not wait for the end of the tick. */
  get overflowsMessage(): boolean {
    return this.size > MAX_TARGETS;
  }

  /** Whether more targets wait than the limit, which is lifted. */
  get exceedsLimit(): boolean {
    return this.size > this.#limit;
  }

  /** More targets may wait than the limit, until {@link bound}. */
  lift(): void {
    this.#isBounded = false;
  }

  /** No more targets may wait than the limit: what is above it is widened now. */
  bound(): void {
    if (this.#isBounded) return;
    this.#isBounded = true;
    this.putBack(this.#takeAll());
  }

  /** Adds a target, unless a wider one covers it already; it replaces the narrower ones that it covers. */
  add(target: InvalidationTarget): void {
    if (target.kind === 'everything') this.#forgetOlder();
    this.#newest.add(target);
    if (!this.#isBounded) {
      if (this.#newest.size >= MAX_COMPARED) this.#compareNoLonger();
    } else if (this.size > this.#limit) this.#widen();
  }

  /** Puts targets back that were taken and did not reach the log. They come first, since they are older. */
  putBack(targets: readonly InvalidationTarget[]): void {
    if (targets.length === 0) return;
    const waiting = this.#takeAll();
    for (const target of targets) this.add(target);
    for (const target of waiting) this.add(target);
  }

  /** Removes and returns the oldest targets, as many as fit in one message. */
  take(): readonly InvalidationTarget[] {
    const taken: InvalidationTarget[] = [];
    let bytes = ENVELOPE_BYTES;
    let region: string | undefined;
    for (let target = this.#oldest(); target && taken.length < MAX_TARGETS; target = this.#oldest()) {
      bytes += bytesOf(target, region);
      if (taken.length > 0 && bytes > MAX_BYTES) break;
      if (target.kind === 'key') ({ region } = target);
      taken.push(target);
      this.#first += 1;
      this.#olderCount -= 1;
    }
    return taken;
  }

  /** All targets, oldest first. */
  targets(): readonly InvalidationTarget[] {
    const [oldest = [], ...others] = this.#older;
    return [...oldest.slice(this.#first), ...others.flat(), ...this.#newest.targets()];
  }

  clear(): void {
    this.#forgetOlder();
    this.#newest.clear();
  }

  #oldest(): InvalidationTarget | undefined {
    if (this.#olderCount === 0) this.#compareNoLonger();
    if (this.#first === this.#older[0]?.length) {
      this.#older.shift();
      this.#first = 0;
    }
    return this.#older[0]?.[this.#first];
  }

  #takeAll(): readonly InvalidationTarget[] {
    const targets = this.targets();
    this.clear();
    return targets;
  }

  #compareNoLonger(): void {
    if (this.#newest.size === 0) return;
    this.#older.push(this.#newest.targets());
    this.#olderCount += this.#newest.size;
    this.#newest = new DistinctTargets();
  }

  #forgetOlder(): void {
    this.#older = [];
    this.#first = 0;
    this.#olderCount = 0;
  }

  #widen(): void {
    for (const target of widen(this.#takeAll(), this.#limit)) this.#newest.add(target);
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
