import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, EntryCare } from './entry.js';
import { LocalStore, type LocalStoreBounds } from './local-store.js';
import type { RegionStore, StoreOutcome } from './region-store.js';

const LETTERS = ['a', 'b', 'c', 'd'];

interface Stored {
  readonly expiresAt?: number;
  readonly care?: EntryCare;
  readonly region?: string;
  readonly key: string;
  readonly tags?: readonly string[];
  readonly size?: number;
}

class TestedStore {
  now = 0;
  readonly crowdedOut: string[] = [];
  /** The keys that were evicted by a tag, behind the names of their regions. */
  readonly tagEvicted: string[] = [];
  readonly store: LocalStore;
  readonly #ofRegion: number;
  #nextTurn: (() => void)[] = [];

  constructor(bounds: Partial<LocalStoreBounds> = {}, ofRegion = 1_000, freedByTurn?: number) {
    const all = { maxEntries: 1_000, maxSize: undefined, ...bounds };
    this.#ofRegion = ofRegion;
    this.store = new LocalStore(
      all,
      {
        crowdedOut: (_region, key) => this.crowdedOut.push(key),
        tagEvicted: ({ name }, { key }) => this.tagEvicted.push(name + key),
      },
      (callback) => this.#nextTurn.push(callback),
      freedByTurn,
    );
  }

  set({ region = 'r', key, expiresAt = Infinity, tags = [], size = 0, care }: Stored): StoreOutcome {
    const entry = { key, value: key, loadedAt: 0, expiresAt, tags, size, care };
    return this.store.set(this.region(region), entry, this.now);
  }

  get(key: string, region = 'r'): Entry | undefined {
    return this.region(region).get(key)?.copy();
  }

  has(key: string, region = 'r'): boolean {
    return this.region(region).peek(key) !== undefined;
  }

  region(name: string): RegionStore {
    return this.store.region(name, { maxEntries: this.#ofRegion, keptFor: 0 });
  }

  /** Lets all turns of the event loop pass that the store waits for. */
  settle(): void {
    while (this.#nextTurn.length > 0) for (const callback of this.#nextTurn.splice(0)) callback();
  }

  /** Lets one turn of the event loop pass. */
  turn(): void {
    for (const callback of this.#nextTurn.splice(0)) callback();
  }

  /** Evicts the entries with the tag and returns what has left until all of them have: the keys behind the names of their regions. */
  evictTag(tag: string): readonly string[] {
    this.tagEvicted.length = 0;
    this.store.evictTag(tag);
    this.settle();
    return this.tagEvicted.toSorted();
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
    expect(tested.store.tags).toBe(1);
  });

  it('gives the same region for the same name', () => {
    const { store } = new TestedStore();
    expect(store.region('r', { maxEntries: 10, keptFor: 0 })).toBe(store.region('r', { maxEntries: 20, keptFor: 0 }));
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

  it('evicts what was used least recently, in whichever region it is, and of what comes when it is full what was not used', () => {
    const tested = new TestedStore({ maxEntries: 3 });
    tested.set({ region: 'a', key: '1' });
    tested.set({ region: 'b', key: '2' });
    tested.set({ region: 'a', key: '3' });
    tested.get('1', 'a');
    tested.set({ region: 'b', key: '4' });
    tested.set({ region: 'c', key: '5' });

    expect(tested.crowdedOut).toEqual(['2', '4']);
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

  it('removes by tag across regions, and tells of each entry', () => {
    const tested = new TestedStore();
    tested.set({ region: 'a', key: '1', tags: ['sale', 'new'] });
    tested.set({ region: 'b', key: '2', tags: ['sale'] });
    tested.set({ region: 'b', key: '3', tags: ['new'] });
    tested.set({ region: 'c', key: '4', tags: ['new'] });

    expect(tested.evictTag('sale')).toEqual(['a1', 'b2']);
    expect(tested.evictTag('sale')).toEqual([]);
    expect(tested.store.entries).toBe(2);
    expect(tested.has('3', 'b')).toBe(true);
    expect(tested.evictTag('new')).toEqual(['b3', 'c4']);
  });

  it('evicts many entries with a tag some in each turn of the event loop, and serves none of them meanwhile', () => {
    const tested = new TestedStore({}, 1_000, 10);
    for (let key = 0; key < 35; key += 1) tested.set({ key: `${key}`, tags: ['sale'], size: 1 });
    tested.set({ key: 'other', tags: ['new'] });
    tested.store.evictTag('sale');
    expect(tested.tagEvicted).toHaveLength(10);

    expect([...tested.region('r').keys()]).toEqual(['other']);
    expect(tested.store.entries).toBe(1);
    tested.settle();
    expect(tested.tagEvicted).toHaveLength(35);
    expect(tested.store).toMatchObject({ entries: 1, size: 0, tags: 1 });
  });

  it.each<readonly [string, (tested: TestedStore) => unknown]>([
    ['get', (tested) => tested.get('1')],
    ['peek', (tested) => tested.region('r').peek('1')],
    ['delete', (tested) => tested.region('r').delete('1') || undefined],
    ['entries', (tested) => [...tested.region('r').entries()].find(({ key }) => key === '1')],
  ])('finds no entry by %s whose tag was evicted, before its turn to be removed', (_, find) => {
    const tested = new TestedStore({}, 1_000, 1);
    for (const key of ['1', '2', '3']) tested.set({ key, tags: ['sale'] });
    tested.store.evictTag('sale');
    expect(tested.tagEvicted).not.toContain('r1');
    expect(find(tested)).toBeUndefined();
    expect(tested.tagEvicted).toContain('r1');
  });

  it('keeps what is stored under the tag, or in place of an entry, after the tag was evicted', () => {
    const tested = new TestedStore({}, 1_000, 1);
    for (const key of ['1', '2', '3']) tested.set({ key, tags: ['sale'] });
    tested.store.evictTag('sale');
    expect(tested.set({ key: '1', tags: ['sale'] })).toBe('added');
    expect(tested.set({ key: '4', tags: ['sale'] })).toBe('added');
    tested.turn();
    tested.settle();
    expect([...tested.region('r').keys()].toSorted()).toEqual(['1', '4']);
    expect(tested.tagEvicted.toSorted()).toEqual(['r1', 'r2', 'r3']);
    expect(tested.evictTag('sale')).toEqual(['r1', 'r4']);
  });

  it('lets entries of an evicted tag leave first when there is no room, and tells of each as evicted by its tag', () => {
    const tested = new TestedStore({ maxEntries: 100 }, 100, 10);
    for (let key = 0; key < 100; key += 1) tested.set({ key: `${key}`, tags: ['sale'] });
    for (let key = 0; key < 100; key += 1) tested.get(`${key}`);
    tested.store.evictTag('sale');
    for (let key = 0; key < 60; key += 1) tested.set({ key: `new ${key}` });
    expect(tested.crowdedOut).toEqual([]);
    tested.settle();
    expect(tested.tagEvicted).toHaveLength(100);
    expect([...tested.region('r').keys()]).toHaveLength(60);
  });

  it('stores a large value in the room of entries of an evicted tag', () => {
    const tested = new TestedStore({ maxSize: 100 }, 1_000, 1);
    for (let key = 0; key < 100; key += 1) tested.set({ key: `${key}`, tags: ['sale'], size: 1 });
    for (let key = 0; key < 100; key += 1) tested.get(`${key}`);
    tested.store.evictTag('sale');
    expect(tested.set({ key: 'large', size: 90 })).toBe('added');
    expect(tested.crowdedOut).toEqual([]);
  });

  it('clears a region whose entries are about to be removed for their tag', () => {
    const tested = new TestedStore({}, 1_000, 1);
    for (const key of ['1', '2', '3']) tested.set({ key, tags: ['sale'] });
    tested.store.evictTag('sale');
    tested.region('r').clear();
    tested.set({ key: '1', tags: ['sale'] });
    tested.settle();
    expect(tested.store).toMatchObject({ entries: 1, tags: 1 });
    expect(tested.has('1')).toBe(true);
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
    expect(tested.evictTag('sale')).toEqual(['r2']);
    expect(tested.store.entries).toBe(1);
  });

  it('frees what a cleared region has left behind, some of it with each new entry', () => {
    const tested = new TestedStore({ maxEntries: 1_000 }, 500);
    for (let key = 0; key < 400; key += 1) tested.set({ region: 'a', key: `${key}`, tags: ['sale'] });
    tested.region('a').clear();
    expect(tested.store).toMatchObject({ entries: 0, tags: 1 });
    for (let key = 0; key < 100; key += 1) tested.set({ region: 'b', key: `${key}` });
    expect(tested.store).toMatchObject({ entries: 100, tags: 0 });
    expect(tested.store.slots.capacity).toBeLessThanOrEqual(512);
  });

  it('has room for a large value although a region has just been cleared', () => {
    const tested = new TestedStore({ maxSize: 100 }, 500);
    for (let key = 0; key < 50; key += 1) tested.set({ region: 'a', key: `${key}`, size: 1 });
    for (let key = 0; key < 50; key += 1) tested.set({ region: 'b', key: `${key}`, size: 1 });
    tested.region('a').clear();
    expect(tested.set({ region: 'c', key: 'large', size: 100 })).toBe('added');
    expect(tested.store).toMatchObject({ entries: 1, size: 100 });
    tested.settle();
    for (let key = 0; key < 50; key += 1) tested.set({ region: 'a', key: `${key}`, size: 1 });
    expect(tested.store.size).toBeLessThanOrEqual(100);
  });

  it('stores nothing in a region that was released: nobody would find it', () => {
    const tested = new TestedStore();
    const region = tested.region('r');
    tested.store.release(region);
    expect(tested.set({ region: 'r', key: '1' })).toBe('added');
    expect(region.set({ key: '2', value: 2, loadedAt: 0, expiresAt: 0, tags: [], size: 0, care: undefined }, 0)).toBe(
      'refused',
    );
    expect(tested.store.entries).toBe(1);
  });

  it('clears everything', () => {
    const tested = new TestedStore();
    tested.set({ region: 'a', key: '1', tags: ['sale'], size: 3 });
    tested.set({ region: 'b', key: '2' });
    tested.store.clear();
    expect(tested.store).toMatchObject({ entries: 0, size: 0 });
    expect(tested.has('2', 'b')).toBe(false);
    expect(tested.evictTag('sale')).toEqual([]);
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
      letter.map((tag) => (tested: TestedStore) => tested.store.evictTag(tag)),
      letter.map((name) => (tested: TestedStore) => void tested.region(name).clear()),
      fc.constant((tested: TestedStore) => tested.store.clear()),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), fc.nat(2), (steps, isSettled, unwatched) => {
        const tested = new TestedStore({ maxEntries: 7, maxSize: 12 }, 3, 1);
        for (const [index, take] of steps.entries()) {
          take(tested);
          // To look for an entry whose tag was evicted removes it.
          if (unwatched > 0 && index % (unwatched + 1) > 0) continue;
          const heldIn = LETTERS.map((name) => LETTERS.flatMap((key) => tested.region(name).peek(key) ?? []));
          for (const [at, name] of LETTERS.entries()) {
            expect(tested.region(name).size).toBe(heldIn[at]?.length);
            expect([...tested.region(name).entries()].map(({ key }) => key).toSorted()).toEqual(
              heldIn[at]?.map(({ key }) => key),
            );
          }
          const held = heldIn.flat();
          if (isSettled) tested.settle();
          const tags = new Set(held.flatMap((entry) => entry.tags)).size;
          expect(tested.store.tags).toBeGreaterThanOrEqual(tags);
          const size = held.reduce((sum, entry) => sum + entry.size, 0);
          expect(tested.store).toMatchObject({ entries: held.length, size });
          expect(held.length).toBeLessThanOrEqual(7);
          expect(size).toBeLessThanOrEqual(12);
        }
        tested.settle();
        for (const tag of LETTERS) {
          const tagged = LETTERS.flatMap((name) =>
            LETTERS.filter((key) => tested.region(name).peek(key)?.tags.includes(tag)).map((key) => name + key),
          );
          expect(tested.evictTag(tag)).toEqual(tagged);
        }
        expect(tested.store.tags).toBe(0);
      }),
    );
  });
});
