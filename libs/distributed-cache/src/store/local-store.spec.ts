import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.js';
import { LocalStore, type LocalStoreBounds, type StoreOutcome } from './local-store.js';
import type { RegionStore } from './region-store.js';

const LETTERS = ['a', 'b', 'c', 'd'];

interface Stored {
  readonly region?: string;
  readonly key: string;
  readonly tags?: readonly string[];
  readonly size?: number;
}

class TestedStore {
  readonly crowdedOut: string[] = [];
  readonly store: LocalStore;
  readonly #ofRegion: number;

  constructor(bounds: Partial<LocalStoreBounds> = {}, ofRegion = 1_000) {
    const all = { maxEntries: 1_000, maxSize: undefined, ...bounds };
    this.#ofRegion = ofRegion;
    this.store = new LocalStore(all, (_region, key) => this.crowdedOut.push(key));
  }

  set({ region = 'r', key, tags = [], size = 0 }: Stored): StoreOutcome {
    return this.store.set(this.region(region), {
      key,
      value: key,
      loadedAt: 0,
      expiresAt: 0,
      tags,
      size,
      care: undefined,
    });
  }

  get(key: string, region = 'r'): Entry | undefined {
    return this.store.get(this.region(region), key);
  }

  has(key: string, region = 'r'): boolean {
    return this.region(region).peek(key) !== undefined;
  }

  region(name: string): RegionStore {
    return this.store.region(name, this.#ofRegion);
  }

  /** Removes the entries with the tag and returns their number by region. */
  deleteTag(tag: string): Readonly<Record<string, number>> {
    return Object.fromEntries(Array.from(this.store.deleteTag(tag), ([{ name }, count]) => [name, count]));
  }
}

describe('LocalStore', () => {
  it('gives the last value stored under a key of a region', () => {
    const tested = new TestedStore();
    tested.set({ key: '1', tags: ['old'] });
    tested.set({ key: '1', tags: ['new'] });
    tested.set({ key: '1', region: 'other' });

    expect(tested.get('1')?.tags).toEqual(['new']);
    expect(tested.get('2')).toBeUndefined();
    expect(tested.store.entries).toBe(2);
    expect(tested.region('r').tags).toBe(1);
  });

  it('gives the same region for the same name', () => {
    const { store } = new TestedStore();
    expect(store.region('r', 10)).toBe(store.region('r', 20));
  });

  it('holds all regions together to the common bound', () => {
    const tested = new TestedStore({ maxEntries: 100 });
    for (let index = 0; index < 300; index += 1) {
      tested.set({ region: `r${index % 3}`, key: `${index}` });
      expect(tested.store.entries).toBeLessThanOrEqual(100);
    }
    expect(tested.store.entries).toBe(100);
    expect(tested.crowdedOut).toHaveLength(200);
  });

  it('evicts the entry that was used least recently, in whichever region it is', () => {
    const tested = new TestedStore({ maxEntries: 3 });
    tested.set({ region: 'a', key: '1' });
    tested.set({ region: 'b', key: '2' });
    tested.set({ region: 'a', key: '3' });
    tested.get('1', 'a');
    tested.set({ region: 'b', key: '4' });
    tested.set({ region: 'c', key: '5' });

    expect(tested.crowdedOut).toEqual(['2', '3']);
    expect(tested.has('1', 'a')).toBe(true);
  });

  it("evicts entries of a region beyond the region's own bound", () => {
    const tested = new TestedStore({ maxEntries: 100 }, 2);
    tested.set({ region: 'other', key: '0' });
    for (const key of ['1', '2', '3']) tested.set({ key });

    expect(tested.crowdedOut).toEqual(['1']);
    expect(tested.store.entries).toBe(3);
    expect(tested.has('0', 'other')).toBe(true);
  });

  it('does not count a look-up without use as a use', () => {
    const tested = new TestedStore({ maxEntries: 2 });
    tested.set({ key: '1' });
    tested.set({ key: '2' });
    expect(tested.has('1')).toBe(true);
    tested.set({ key: '3' });
    expect(tested.crowdedOut).toEqual(['1']);
  });

  it('is bounded by size over all regions', () => {
    const tested = new TestedStore({ maxSize: 10 });
    tested.set({ region: 'a', key: '1', size: 4 });
    tested.set({ region: 'b', key: '2', size: 4 });
    tested.set({ region: 'c', key: '3', size: 6 });

    expect(tested.crowdedOut).toEqual(['1']);
    expect(tested.store.size).toBe(10);
  });

  it('refuses an entry that is larger than the whole bound, and leaves the others', () => {
    const tested = new TestedStore({ maxSize: 10 });
    tested.set({ key: '1', size: 5 });
    tested.set({ key: '2', size: 5 });

    expect(tested.set({ key: '1', size: 11 })).toBe('refused');
    expect(tested.get('1')).toBeDefined();
    expect(tested.get('2')).toBeDefined();
    expect(tested.store.size).toBe(10);
  });

  it('removes by tag across regions, and says how much it removed from each', () => {
    const tested = new TestedStore();
    tested.set({ region: 'a', key: '1', tags: ['sale', 'new'] });
    tested.set({ region: 'b', key: '2', tags: ['sale'] });
    tested.set({ region: 'b', key: '3', tags: ['new'] });
    tested.set({ region: 'c', key: '4', tags: ['new'] });

    expect(tested.deleteTag('sale')).toEqual({ a: 1, b: 1 });
    expect(tested.deleteTag('sale')).toEqual({});
    expect(tested.store.entries).toBe(2);
    expect(tested.has('3', 'b')).toBe(true);
    expect(tested.deleteTag('new')).toEqual({ b: 1, c: 1 });
  });

  it('clears one region and nothing else', () => {
    const tested = new TestedStore();
    tested.set({ region: 'a', key: '1', tags: ['sale'], size: 3 });
    tested.set({ region: 'b', key: '2', tags: ['sale'], size: 2 });

    expect(tested.region('a').clear()).toBe(1);
    expect(tested.region('a').clear()).toBe(0);
    expect(tested.store).toMatchObject({ entries: 1, size: 2 });
    expect(tested.has('1', 'a')).toBe(false);
    expect(tested.has('2', 'b')).toBe(true);
  });

  it('neither finds by tag nor counts cleared entries, but those stored after that', () => {
    const tested = new TestedStore({ maxEntries: 2 });
    tested.set({ key: '1', tags: ['sale'] });
    tested.set({ key: '2', tags: ['sale'] });
    tested.region('r').clear();
    tested.set({ key: '2', tags: ['sale'] });
    tested.set({ key: '3' });

    expect(tested.crowdedOut).toEqual([]);
    expect(tested.deleteTag('sale')).toEqual({ r: 1 });
    expect(tested.store.entries).toBe(1);
  });

  it('clears everything', () => {
    const tested = new TestedStore();
    tested.set({ region: 'a', key: '1', tags: ['sale'], size: 3 });
    tested.set({ region: 'b', key: '2' });
    tested.store.clear();
    expect(tested.store).toMatchObject({ entries: 0, size: 0 });
    expect(tested.has('2', 'b')).toBe(false);
    expect(tested.deleteTag('sale')).toEqual({});
  });

  it('is bounded as before after everything was cleared', () => {
    const tested = new TestedStore({ maxEntries: 2 });
    tested.set({ region: 'a', key: '1' });
    tested.store.clear();
    for (const key of ['2', '3', '4']) tested.set({ region: 'a', key });
    expect(tested.crowdedOut).toEqual(['2']);
  });

  it('keeps its counts, bounds and tag index consistent under any operations', () => {
    const letter = fc.constantFrom(...LETTERS);
    const stored = fc.record({ region: letter, key: letter, tags: fc.uniqueArray(letter), size: fc.nat(6) });
    const step = fc.oneof(
      { weight: 6, arbitrary: stored.map((one) => (tested: TestedStore) => void tested.set(one)) },
      fc.tuple(letter, letter).map(
        ([region, key]) =>
          (tested: TestedStore) =>
            void tested.get(key, region),
      ),
      fc.tuple(letter, letter).map(
        ([region, key]) =>
          (tested: TestedStore) =>
            void tested.region(region).delete(key),
      ),
      letter.map((tag) => (tested: TestedStore) => void tested.store.deleteTag(tag)),
      letter.map((name) => (tested: TestedStore) => void tested.region(name).clear()),
      fc.constant((tested: TestedStore) => tested.store.clear()),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tested = new TestedStore({ maxEntries: 7, maxSize: 12 }, 3);
        for (const take of steps) {
          take(tested);
          const heldIn = LETTERS.map((name) => LETTERS.flatMap((key) => tested.region(name).peek(key) ?? []));
          for (const [index, name] of LETTERS.entries()) {
            const tags = new Set(heldIn[index]?.flatMap((entry) => entry.tags));
            expect(tested.region(name)).toMatchObject({ size: heldIn[index]?.length, tags: tags.size });
          }
          const held = heldIn.flat();
          const size = held.reduce((sum, entry) => sum + entry.size, 0);
          expect(tested.store).toMatchObject({ entries: held.length, size });
          expect(held.length).toBeLessThanOrEqual(7);
          expect(size).toBeLessThanOrEqual(12);
        }
      }),
    );
  });
});
