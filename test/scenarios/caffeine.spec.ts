import { describe, expect, it } from 'vitest';
import { deferred } from '../support/common/deferred.js';
import { holds, outcomeOf, rows, Source, type Scenario } from './scenario.js';

/** What Caffeine promises of a loading cache, and its tests check. Described in our own words; no code is taken from there. */
const SCENARIOS: readonly Scenario[] = [
  {
    scenario: 'a missing value is loaded, and then found',
    when: async (cache) => {
      const { load } = new Source();
      return [await cache.region('r').getOrLoad('1', load), await cache.region('r').getOrLoad('1', load)];
    },
    expected: ['v1', 'v1'],
  },
  {
    scenario: 'reading what is present loads nothing',
    when: async (cache) => [cache.region('r').getSync('1'), cache.stats().regions['r']?.loads],
    expected: [undefined, 0],
  },
  {
    scenario: 'concurrent readers of one key share one load',
    when: async (cache) => {
      const source = new Source();
      await Promise.all([1, 2, 3].map(() => cache.region('r').getOrLoad('1', source.load)));
      return source.calls;
    },
    expected: 1,
  },
  {
    scenario: 'an error of the loader reaches every reader, and is not stored',
    when: async (cache) => {
      const source = new Source();
      source.isDown = true;
      const failed = await Promise.all([1, 2].map(() => outcomeOf(cache.region('r').getOrLoad('1', source.load))));
      source.isDown = false;
      return [...failed, await cache.region('r').getOrLoad('1', source.load)];
    },
    expected: ['Error', 'Error', 'v2'],
  },
  {
    scenario: 'a loader that finds nothing stores nothing',
    when: async (cache) => {
      let loads = 0;
      const load = (): undefined => void (loads += 1);
      return [await cache.region('r').getOrLoad('1', load), await cache.region('r').getOrLoad('1', load), loads];
    },
    expected: [undefined, undefined, 2],
  },
  {
    scenario: 'null means that there is nothing',
    when: async (cache) => {
      await cache.region('r').getOrLoad('1', () => null);
      return cache.region('r').getSync('1');
    },
    expected: null,
    differs: 'null is a value here, and undefined is what means nothing',
  },
  {
    scenario: 'an entry expires so long after it was written, however often it is read',
    when: async (cache, clock) => {
      await cache.region('r').set('1', 'x');
      await clock.advance(9_999);
      const before = cache.region('r').getSync('1');
      await clock.advance(1);
      return [before, cache.region('r').getSync('1')];
    },
    expected: ['x', undefined],
  },
  {
    scenario: 'each entry may have a time to live of its own',
    when: async (cache, clock) => {
      await cache.region('r').getOrLoad('1', ({ setTtl }) => (setTtl('1m'), 'long'));
      await cache.region('r').getOrLoad('2', () => 'short');
      await clock.advance('30s');
      return [cache.region('r').getSync('1'), cache.region('r').getSync('2')];
    },
    expected: ['long', undefined],
  },
  {
    scenario: 'refreshAfterWrite: the first read after it gets the old value and starts one reload',
    given: { refreshAhead: 0.5 },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('5s');
      const read = await cache.region('r').getOrLoad('1', source.load);
      await clock.advance(0);
      return [read, cache.region('r').getSync('1'), source.calls];
    },
    expected: ['v1', 'v2', 2],
  },
  {
    scenario: 'refreshAfterWrite: nothing is reloaded that nobody reads',
    given: { refreshAhead: 0.5 },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('1m');
      return source.calls;
    },
    expected: 1,
  },
  {
    scenario: 'refreshAfterWrite: a reload that fails leaves the old value',
    given: { refreshAhead: 0.5 },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('5s');
      source.isDown = true;
      cache.region('r').getSync('1');
      await clock.advance(0);
      return [cache.region('r').getSync('1'), cache.stats().regions['r']?.loadErrors];
    },
    expected: ['v1', 1],
  },
  {
    scenario: 'refreshAfterWrite: a failed reload is tried again by the next read',
    given: { refreshAhead: 0.5 },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('5s');
      source.isDown = true;
      for (let read = 0; read < 3; read += 1) {
        cache.region('r').getSync('1');
        await clock.advance(0);
      }
      return source.calls;
    },
    expected: 2,
    differs: 'it is tried again after retryAfter, so that a source that is down is not hit by every read',
  },
  {
    scenario: 'refreshAfterWrite: a reload that finds nothing removes the entry',
    given: { refreshAhead: 0.5 },
    when: async (cache, clock) => {
      let loads = 0;
      await cache.region('r').getOrLoad('1', () => (loads++ === 0 ? 'x' : undefined));
      await clock.advance('5s');
      cache.region('r').getSync('1');
      await clock.advance(0);
      return cache.region('r').getSync('1');
    },
    expected: undefined,
  },
  {
    scenario: 'a reload is discarded when the entry was invalidated while it ran',
    given: { refreshAhead: 0.5 },
    when: async (cache, clock) => {
      const reload = deferred<string>();
      let loads = 0;
      await cache.region('r').getOrLoad('1', () => (loads++ === 0 ? 'old' : reload.promise));
      await clock.advance('5s');
      cache.region('r').getSync('1');
      await cache.region('r').evict('1');
      reload.resolve('overtaken');
      await clock.advance(0);
      return cache.region('r').getSync('1');
    },
    expected: undefined,
  },
  {
    scenario: 'getAll loads the missing keys by one call, and leaves out those that it does not find',
    when: async (cache) => {
      await cache.region('r').set('1', 'one');
      const asked: string[][] = [];
      const read = await cache.region<string>('r').getOrLoadMany(['1', '2', '3'], (ids) => {
        asked.push(ids);
        return new Map([['2', 'two']]);
      });
      return [asked, [...read]];
    },
    expected: [
      [['2', '3']],
      [
        ['1', 'one'],
        ['2', 'two'],
      ],
    ],
  },
  {
    scenario: 'a bulk loader may give more than it was asked for, which is stored as well',
    when: async (cache) => {
      await cache.region('r').getOrLoadMany<string>(
        ['1'],
        () =>
          new Map([
            ['1', 'one'],
            ['2', 'two'],
          ]),
      );
      return cache.region('r').getSync('2');
    },
    expected: undefined,
    differs: 'no fence was begun for a key that nobody asked for',
  },
  {
    scenario: 'a removal is counted as eviction only when a bound was reached',
    given: { maxEntries: 1 },
    when: async (cache) => {
      await cache.region('r').set('1', 'x');
      await cache.region('r').set('1', 'y');
      await cache.region('r').set('2', 'z');
      await cache.region('r').evict('2');
      const { evicted, replaced, invalidated } = cache.stats().regions['r'] ?? {};
      return { evicted, replaced, invalidated };
    },
    expected: { evicted: 1, replaced: 1, invalidated: 1 },
  },
];

describe('as in Caffeine,', () => {
  it.each(rows(SCENARIOS))('%s', async (_, scenario) => {
    expect.assertions(1);
    await holds(scenario);
  });
});
