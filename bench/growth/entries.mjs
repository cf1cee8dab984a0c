import { longestStall } from '../measure/loop-gaps.mjs';
import { entriesOf, oneInstance, resolvable, until } from './instances.mjs';
import { microsecondsOf } from './curve.mjs';

/** @typedef {import('./curve.mjs').Curve} Curve */

/** @type {Curve} */
const storeUnderOneTag = {
  id: 'growth/one-tag',
  by: 'entries, all with one tag',
  unit: 'µs',
  sizes: [1_000, 10_000, 100_000, 300_000],
  async prepare(size) {
    const { cache, stop } = await oneInstance({ maxEntries: size });
    const region = cache.region('products');
    let next = 0;
    const store = () => region.getOrLoad(`${(next += 1)}`, () => next, { tags: 'all' });
    for (let index = 0; index < size * 2; index += 1) await store();
    return { cost: () => microsecondsOf(2_000, store), stop };
  },
};

/** @type {Curve} */
const joins = {
  id: 'growth/joins',
  by: 'loads that the joined load waits for',
  unit: 'µs',
  sizes: [3, 30, 300, 3_000],
  async prepare(size) {
    const { cache, stop } = await oneInstance();
    const region = cache.region('products');
    return {
      async cost() {
        const end = resolvable();
        const item = (/** @type {number} */ index) => region.getOrLoad(`item:${index}`, () => end.promise);
        const list = () =>
          region.getOrLoad('list', () => Promise.all(Array.from({ length: size }, (_, index) => item(index))));
        const all = [list()];
        const startedAt = performance.now();
        for (let page = 0; page < 200; page += 1) all.push(region.getOrLoad(`page:${page}`, list));
        const microseconds = ((performance.now() - startedAt) * 1_000) / 200;
        end.resolve(1);
        await Promise.all(all);
        await cache.clear();
        return microseconds;
      },
      stop,
    };
  },
};

/** @type {Curve} */
const stallOfEvictTags = {
  id: 'growth/evict-tags',
  by: 'entries of the tag',
  unit: 'ms',
  sizes: [10_000, 50_000, 250_000, 1_000_000],
  rounds: 3,
  async prepare(size) {
    const { cache, stop } = await oneInstance({ maxEntries: size });
    const region = cache.region('products');
    return {
      async cost() {
        for (let key = 0; key < size; key += 1) await region.getOrLoad(`${key}`, () => ({ key }), { tags: 'all' });
        return longestStall(async () => {
          await cache.evictTags('all');
          await until(() => entriesOf(cache, 'products') === 0);
        });
      },
      stop,
    };
  },
};

/** @type {Curve} */
const stallOfLoadMany = {
  id: 'growth/load-many',
  by: 'ids',
  unit: 'ms',
  sizes: [12_500, 25_000, 50_000, 100_000],
  rounds: 5,
  async prepare(size) {
    const { cache, stop } = await oneInstance({ maxEntries: size });
    const region = cache.region('products');
    const ids = Array.from({ length: size }, (_, index) => `${index}`);
    return {
      async cost() {
        await cache.clear();
        return longestStall(() =>
          region.getOrLoadMany(ids, async (missing) => new Map(missing.map((id) => [id, { id }]))),
        );
      },
      stop,
    };
  },
};

export const ENTRY_CURVES = [storeUnderOneTag, joins, stallOfEvictTags, stallOfLoadMany];
