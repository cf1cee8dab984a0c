import { describe, expect, it } from 'vitest';
import type { EntryCare } from './entry.js';
import { LocalStore, sizeUnits } from './local-store.js';
import type { RegionStore } from './region-store.js';

interface StoreUnderTest {
  readonly maxEntries?: number;
  readonly maxSize?: number;
  /** How long the entries of the region are kept after they have expired. */
  readonly keptFor?: number;
}

/** A store whose readers load what is missing. */
class Reader {
  readonly left: string[] = [];
  readonly store: LocalStore;
  readonly region: RegionStore;
  now = 0;

  constructor({ maxEntries = 1_000, maxSize, keptFor = 0 }: StoreUnderTest) {
    const bounds = { maxEntries, maxSize: maxSize === undefined ? undefined : sizeUnits(maxSize) };
    this.store = new LocalStore(bounds, { crowdedOut: (_, key) => this.left.push(key), tagEvicted: () => {} });
    this.region = this.store.region('r', { maxEntries, keptFor });
  }

  /** @returns whether it was a hit */
  read(
    key: string,
    { size = 1, ttl = Infinity, care }: { size?: number; ttl?: number; care?: EntryCare | undefined } = {},
  ): boolean {
    if (this.region.get(key)) return true;
    this.region.set(
      { key, value: key, loadedAt: 0, expiresAt: this.now + ttl, tags: [], size: sizeUnits(size), care },
      this.now,
    );
    return false;
  }

  /** How many of these reads are hits. */
  hitsOf(read: Iterable<string>): number {
    let hits = 0;
    for (const key of read) if (this.read(key)) hits += 1;
    return hits;
  }

  has(key: string): boolean {
    return this.region.peek(key) !== undefined;
  }
}

function* keys(prefix: string, from: number, to: number): Generator<string> {
  for (let number = from; number < to; number += 1) yield `${prefix}${number}`;
}

function careFor(keptFor: number): EntryCare {
  return { keptFor, nextLoadAt: undefined, hits: 0 };
}

describe('The eviction policy', () => {
  it('keeps what is read through a scan of a hundred times as many keys', () => {
    const reader = new Reader({ maxEntries: 1_000 });
    for (let round = 0; round < 3; round += 1) reader.hitsOf(keys('hot', 0, 800));
    reader.hitsOf(keys('scan', 0, 100_000));
    expect(reader.hitsOf(keys('hot', 0, 800))).toBeGreaterThan(780);
  });

  it('keeps what is read through a flood of keys that are asked for once, while readers go on', () => {
    const reader = new Reader({ maxEntries: 1_000 });
    reader.hitsOf(keys('hot', 0, 500));
    let hits = 0;
    for (let id = 0; id < 50_000; id += 1) {
      reader.read(`attack${id}`);
      if (reader.read(`hot${id % 500}`)) hits += 1;
    }
    expect(hits / 50_000).toBeGreaterThan(0.98);
  });

  it('keeps a part of a loop that is larger than the store, where least recently used keeps nothing', () => {
    const reader = new Reader({ maxEntries: 1_000 });
    for (let round = 0; round < 3; round += 1) reader.hitsOf(keys('loop', 0, 1_500));
    expect(reader.hitsOf(keys('loop', 0, 1_500))).toBeGreaterThan(800);
  });

  it('follows readers that turn to other keys', () => {
    const reader = new Reader({ maxEntries: 1_000 });
    for (let round = 0; round < 10; round += 1) reader.hitsOf(keys('old', 0, 900));
    for (let round = 0; round < 20; round += 1) reader.hitsOf(keys('new', 0, 900));
    expect(reader.hitsOf(keys('new', 0, 900))).toBeGreaterThan(850);
  });

  it('lets in again at once what an invalidation has taken out of a full store', () => {
    const reader = new Reader({ maxEntries: 100 });
    for (let round = 0; round < 3; round += 1) reader.hitsOf(keys('hot', 0, 80));
    reader.hitsOf(keys('scan', 0, 500));
    for (let round = 0; round < 20; round += 1) {
      reader.region.delete('hot7');
      reader.read('hot7');
      reader.hitsOf(keys(`scan${round}:`, 0, 50));
      expect(reader.read('hot7')).toBe(true);
    }
  });

  it('takes an expired entry before one that has not expired', () => {
    const reader = new Reader({ maxEntries: 100 });
    for (const key of keys('expires', 0, 10)) reader.read(key, { ttl: 1_000 });
    for (const key of keys('stays', 0, 90)) reader.read(key);
    reader.now = 1_000;
    for (const key of keys('new', 0, 10)) reader.read(key);
    expect(reader.left.toSorted()).toEqual([...keys('expires', 0, 10)]);
  });

  it.each(['by its region', 'by its own policy'])(
    'takes an expired entry that is kept, %s, after those that are not',
    (by) => {
      const reader = new Reader({ maxEntries: 3, keptFor: by === 'by its region' ? 500 : 0 });
      reader.read('kept', { ttl: 1_000, care: by === 'by its region' ? undefined : careFor(500) });
      reader.read('gone', { ttl: 400, care: undefined });
      reader.read('stays');
      reader.now = 1_000;
      reader.read('new');
      expect(reader.left).toEqual(['gone']);
      reader.read('newer');
      expect(reader.left).toEqual(['gone', 'kept']);
    },
  );

  it('does not let one large value that is asked for once displace what is read', () => {
    const reader = new Reader({ maxSize: 1_000 });
    for (let round = 0; round < 3; round += 1) for (const key of keys('small', 0, 1_000)) reader.read(key);
    expect(reader.read('large', { size: 500 })).toBe(false);
    expect(reader.has('large')).toBe(false);
    expect(reader.left).toEqual([]);
    reader.read('large', { size: 500 });
    expect(reader.has('large')).toBe(true);
    expect(reader.store.size).toBeLessThanOrEqual(sizeUnits(1_000));
  });

  it('does not fill a store that is bounded by size with small values that nobody reads again', () => {
    const reader = new Reader({ maxSize: 1_000 });
    for (let round = 0; round < 3; round += 1) for (const key of keys('large', 0, 8)) reader.read(key, { size: 100 });
    for (const key of keys('trash', 0, 10_000)) reader.read(key);
    expect(reader.hitsOf(keys('large', 0, 8))).toBe(8);
  });
});
