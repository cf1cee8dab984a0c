import { setTimeout as pause } from 'node:timers/promises';
import { InvalidationNotConfirmedError, InvalidationNotDeliveredError } from 'nestjs-distributed-cache';
import type { Subject } from '../../coherence/instance-history.js';
import { keyOf, type Shop } from '../../coherence/shop.js';
import type { StaleReads } from './stale-reads.js';

/** The second is strict: `whenDisconnected: 'bypass'`. Their names are in the values, and too short to be taken for secrets in an event. */
const REGIONS = ['goods', 'prices'] as const;

const KEYS = 60;
/** From here on every instance changes them; below, each is changed by one: the others hold their copies for long. */
const FIRST_COMMON_KEY = 45;

const READS_PER_TURN = 10;
const BETWEEN_READS = 2;
const BETWEEN_WRITES = 8;
/** How long the source takes, at most. */
const LONGEST_WAY = 4;
/** One change in five goes through a put. */
const SHARE_OF_PUTS = 0.2;

export interface TrafficOptions {
  /** Which of `size` instances it is. */
  readonly index: number;
  readonly size: number;
  /** The share of changes that are evicted everywhere. */
  readonly shareEverywhere: number;
  /** When such an eviction gives up, in ms. */
  readonly everywhereTimeout: number;
}

/** Readers and a writer at one instance. */
export class Traffic {
  reads = 0;
  evictions = 0;
  /** Evictions whose caller was told that they have not reached the log. */
  undelivered = 0;
  longestEvict = 0;
  longestRead = 0;
  readonly everywhere = { confirmed: 0, gaveUp: 0, longest: 0 };
  readonly errors: string[] = [];
  readonly #shop: Shop;
  readonly #staleReads: StaleReads;
  readonly #options: TrafficOptions;
  readonly #pending = new Set<Promise<void>>();
  #reading: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #isReading = false;
  #isWriting = false;

  constructor(shop: Shop, staleReads: StaleReads, options: TrafficOptions) {
    this.#shop = shop;
    this.#staleReads = staleReads;
    this.#options = options;
  }

  start(): void {
    this.#isReading = true;
    this.#isWriting = true;
    this.#reading = this.#readOnAndOn();
    this.#writing = this.#writeOnAndOn();
  }

  async stopWriting(): Promise<void> {
    this.#isWriting = false;
    await this.#writing;
  }

  /** Resolves when every read and every eviction that was asked for has settled. */
  async stop(): Promise<void> {
    this.#isReading = false;
    await this.stopWriting();
    await this.#reading;
    await Promise.all(this.#pending);
  }

  /** What was measured so far is forgotten. */
  measureAnew(): void {
    this.longestEvict = 0;
    this.longestRead = 0;
  }

  async #readOnAndOn(): Promise<void> {
    while (this.#isReading) {
      for (let i = 0; i < READS_PER_TURN; i += 1)
        this.#keep(this.#read({ region: oneOf(REGIONS), key: `${upTo(KEYS)}` }));
      await pause(BETWEEN_READS);
    }
  }

  async #writeOnAndOn(): Promise<void> {
    while (this.#isWriting) {
      const subject = { region: oneOf(REGIONS), key: this.#ownKey() };
      const isEverywhere = Math.random() < this.#options.shareEverywhere;
      this.#keep(isEverywhere ? this.#changeEverywhere(subject) : this.#change(subject));
      await pause(BETWEEN_WRITES);
    }
  }

  async #read(subject: Subject): Promise<void> {
    const beganAt = performance.now();
    const value = await this.#shop.read(subject, { takes: upTo(LONGEST_WAY) });
    this.longestRead = Math.max(this.longestRead, performance.now() - beganAt);
    this.reads += 1;
    this.#staleReads.add(value, beganAt);
  }

  async #change(subject: Subject): Promise<void> {
    const takes = upTo(LONGEST_WAY);
    const isPut = Math.random() < SHARE_OF_PUTS;
    const beganAt = performance.now();
    this.evictions += 1;
    await (isPut ? this.#shop.update(subject, { takes }) : this.#shop.write(subject)).catch((error: unknown) => {
      if (!(error instanceof InvalidationNotDeliveredError)) throw error;
      this.undelivered += 1;
    });
    this.longestEvict = Math.max(this.longestEvict, performance.now() - beganAt);
  }

  /** Once it has resolved, no read anywhere may be given what was there before. */
  async #changeEverywhere(subject: Subject): Promise<void> {
    const beganAt = performance.now();
    this.evictions += 1;
    try {
      await this.#shop.writeEverywhere(subject, keyOf(subject), this.#options.everywhereTimeout);
    } catch (error) {
      if (!(error instanceof InvalidationNotConfirmedError)) throw error;
      this.everywhere.gaveUp += 1;
      return;
    }
    this.everywhere.confirmed += 1;
    this.everywhere.longest = Math.max(this.everywhere.longest, performance.now() - beganAt);
  }

  #ownKey(): string {
    const key = upTo(KEYS);
    return `${key < FIRST_COMMON_KEY ? key - (key % this.#options.size) + this.#options.index : key}`;
  }

  #keep(work: Promise<void>): void {
    const kept = work
      .catch((error: unknown) => void this.errors.push(String(error)))
      .finally(() => this.#pending.delete(kept));
    this.#pending.add(kept);
  }
}

function upTo(end: number): number {
  return Math.floor(Math.random() * end);
}

function oneOf<T>(list: readonly T[]): T {
  const chosen = list[upTo(list.length)];
  if (chosen === undefined) throw new Error('an empty list');
  return chosen;
}
