import { describe, expect, it } from 'vitest';
import { deferred } from '../support/common/deferred.js';
import { holds, never, outcomeOf, rows, Source, type Scenario } from './scenario.js';

/** What FusionCache promises, and its tests check. Described in our own words; no code is taken from there. */
const SCENARIOS: readonly Scenario[] = [
  {
    scenario: 'fail-safe: a factory that fails hands out the expired value',
    given: { staleIfError: '1m' },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('10s');
      source.isDown = true;
      return outcomeOf(cache.region('r').getOrLoad('1', source.load));
    },
    expected: 'v1',
  },
  {
    scenario: 'without fail-safe, the error reaches the caller',
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('10s');
      source.isDown = true;
      return outcomeOf(cache.region('r').getOrLoad('1', source.load));
    },
    expected: 'Error',
  },
  {
    scenario: 'fail-safe: without any earlier value the error reaches the caller',
    given: { staleIfError: '1m' },
    when: async (cache) => outcomeOf(cache.region('r').getOrLoad('1', () => Promise.reject(new Error('down')))),
    expected: 'Error',
  },
  {
    scenario: 'fail-safe: its longest duration ends it',
    given: { staleIfError: '1m' },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('70s');
      source.isDown = true;
      return outcomeOf(cache.region('r').getOrLoad('1', source.load));
    },
    expected: 'Error',
  },
  {
    scenario: 'fail-safe: the throttle keeps the factory from being called again at once',
    given: { staleIfError: '1m', retryAfter: '5s' },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('10s');
      source.isDown = true;
      for (let second = 0; second < 6; second += 1) {
        await cache.region('r').getOrLoad('1', source.load);
        await clock.advance('1s');
      }
      return source.calls;
    },
    expected: 3,
  },
  {
    scenario: 'fail-safe: the new value is taken once the throttle has passed',
    given: { staleIfError: '1m' },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('10s');
      source.isDown = true;
      await cache.region('r').getOrLoad('1', source.load);
      source.isDown = false;
      await clock.advance('1s');
      return cache.region('r').getOrLoad('1', source.load);
    },
    expected: 'v3',
  },
  {
    scenario: 'fail-safe: a default value stands in when there is nothing expired',
    given: { staleIfError: '1m' },
    when: async (cache) => outcomeOf(cache.region('r').getOrLoad('1', () => Promise.reject(new Error('down')))),
    expected: 'Error',
    differs: 'the caller knows best what stands in: .catch(() => fallback) does it, and stores nothing',
  },
  {
    scenario: 'fail-safe: a removed value is kept as a fallback when it is only expired by hand',
    given: { staleIfError: '1m' },
    when: async (cache) => {
      await cache.region('r').set('1', 'old');
      await cache.region('r').evict('1');
      return outcomeOf(cache.region('r').getOrLoad('1', () => Promise.reject(new Error('down'))));
    },
    expected: 'Error',
    differs: 'an eviction says that the value is untrue, and nothing untrue is served',
  },
  {
    scenario: 'hard timeout: the caller gets an error',
    given: { loadTimeout: '1s' },
    when: async (cache, clock) => {
      const read = outcomeOf(cache.region('r').getOrLoad('1', never));
      await clock.advance('1s');
      return read;
    },
    expected: 'LoadTimeoutError',
  },
  {
    scenario: 'soft timeout: the caller gets the expired value, if there is one',
    given: { loadTimeout: '1s', staleIfError: '1m' },
    when: async (cache, clock) => {
      await cache.region('r').set('1', 'old');
      await clock.advance('10s');
      const read = outcomeOf(cache.region('r').getOrLoad('1', never));
      await clock.advance('1s');
      return read;
    },
    expected: 'old',
  },
  {
    scenario: 'a soft timeout applies only when there is a value to fall back to',
    given: { loadTimeout: '1s', staleIfError: '1m' },
    when: async (cache, clock) => {
      const read = outcomeOf(cache.region('r').getOrLoad('1', never));
      await clock.advance('1s');
      return read;
    },
    expected: 'LoadTimeoutError',
    differs: 'there is one timeout, with a value or without: a reader waits no longer than this',
  },
  {
    scenario: 'a factory that has timed out completes in the background, and its value is stored',
    given: { loadTimeout: '1s' },
    when: async (cache, clock) => {
      const source = deferred<string>();
      const read = outcomeOf(cache.region('r').getOrLoad('1', () => source.promise));
      await clock.advance('1s');
      await read;
      source.resolve('late');
      await clock.advance(0);
      return cache.region('r').getSync('1');
    },
    expected: 'late',
  },
  {
    scenario: 'a background completion does not replace what was evicted meanwhile',
    given: { loadTimeout: '1s' },
    when: async (cache, clock) => {
      const source = deferred<string>();
      const read = outcomeOf(cache.region('r').getOrLoad('1', () => source.promise));
      await clock.advance('1s');
      await read;
      await cache.region('r').evict('1');
      source.resolve('late');
      await clock.advance(0);
      return cache.region('r').getSync('1');
    },
    expected: undefined,
  },
  {
    scenario: 'eager refresh: a hit after the threshold is served, and one refresh runs',
    given: { refreshAhead: 0.9 },
    when: async (cache, clock) => {
      const source = new Source();
      await cache.region('r').getOrLoad('1', source.load);
      await clock.advance('9s');
      const hits = await Promise.all([1, 2, 3].map(() => cache.region('r').getOrLoad('1', source.load)));
      await clock.advance(0);
      return [...hits, await cache.region('r').getOrLoad('1', source.load), source.calls];
    },
    expected: ['v1', 'v1', 'v1', 'v2', 2],
  },
  {
    scenario: 'conditional refresh: a factory that finds its value unchanged keeps it, for a new duration',
    given: { staleIfError: '1m' },
    when: async (cache, clock) => {
      await cache.region('r').set('1', 'old');
      await clock.advance('10s');
      await cache.region('r').getOrLoad('1', ({ previous, keep }) => (previous === undefined ? 'all of it' : keep()));
      await clock.advance('9s');
      return cache.region('r').getSync('1');
    },
    expected: 'old',
  },
  {
    scenario: 'adaptive caching: the factory sets the duration by what it has found',
    when: async (cache, clock) => {
      await cache.region('r').getOrLoad('1', ({ setTtl }) => (setTtl('1s'), 'short'));
      await clock.advance('1s');
      return cache.region('r').getSync('1');
    },
    expected: undefined,
  },
  {
    scenario: 'tagging: an eviction by tag removes the entries of every region that carry it, and no others',
    when: async (cache) => {
      await cache.region('a').set('1', 'x', { tags: ['sale'] });
      await cache.region('b').set('1', 'y', { tags: ['sale', 'new'] });
      await cache.region('b').set('2', 'z', { tags: ['new'] });
      await cache.evictTags('sale');
      return [cache.region('a').getSync('1'), cache.region('b').getSync('1'), cache.region('b').getSync('2')];
    },
    expected: [undefined, undefined, 'z'],
  },
];

describe('as in FusionCache,', () => {
  it.each(rows(SCENARIOS))('%s', async (_, scenario) => {
    expect.assertions(1);
    await holds(scenario);
  });
});
