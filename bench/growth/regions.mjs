import { entriesOf, oneInstance, twoInstances, until } from './instances.mjs';
import { microsecondsOf } from './curve.mjs';

/** @typedef {import('./curve.mjs').Curve} Curve */

const TIMES = 200;
const ENTRIES = 100_000;

/** Regions are named by users of the application, such as tenants, and come and go. @type {Curve} */
const evictionByRegionsEver = {
  id: 'growth/regions-ever',
  by: 'regions ever loaded in',
  unit: 'µs',
  sizes: [100, 1_000, 10_000, 100_000],
  async prepare(size) {
    const { here, peer, stop } = await twoInstances({ maxEntries: size + 1 });
    for (let index = 0; index < size; index += 1) {
      await here.region(`tenant:${index}`).getOrLoad('1', () => index, { tags: 'tenants' });
    }
    await here.evictTags('tenants');
    await until(() => entriesOf(here, `tenant:${size - 1}`) === 0);
    return {
      cost: () =>
        microsecondsOf(TIMES, async (index) => {
          await here.region('products').evict(`${index}`);
          await peer.region('products').evict(`${index}`);
        }),
      stop,
    };
  },
};

/** @type {Curve} */
const storeByRegions = {
  id: 'growth/regions-full',
  by: 'regions with entries',
  unit: 'µs',
  sizes: [100, 1_000, 10_000, 100_000],
  async prepare(size, { effort }) {
    const entries = Math.round(ENTRIES * effort.growthScale);
    const { cache, stop } = await oneInstance({ maxEntries: entries });
    const regions = Array.from({ length: size }, (_, index) => cache.region(`tenant:${index}`));
    let next = 0;
    const store = async () => {
      next += 1;
      await regions[next % size]?.getOrLoad(`${next}`, () => next);
    };
    // Twice, so that every point removes entries as it will all along.
    for (let index = 0; index < entries * 2; index += 1) await store();
    return { cost: () => microsecondsOf(2_000, store), stop };
  },
};

/** @type {Curve} */
const statsByRegionsEver = {
  id: 'growth/stats',
  by: 'regions ever loaded in',
  unit: 'µs',
  sizes: [100, 1_000, 10_000, 100_000],
  rounds: 5,
  async prepare(size) {
    const { cache, stop } = await oneInstance();
    for (let index = 0; index < size; index += 1) await cache.region(`tenant:${index}`).getOrLoad('1', () => index);
    return { cost: () => microsecondsOf(5, () => cache.stats()), stop };
  },
};

/** Until both have dropped everything; what is freed later does not count. @type {Curve} */
const clearByRegions = {
  id: 'growth/clear',
  by: 'regions with entries',
  unit: 'ms',
  sizes: [100, 1_000, 10_000, 100_000],
  rounds: 3,
  async prepare(size) {
    const { here, peer, stop } = await twoInstances({ maxEntries: size });
    return {
      async cost() {
        for (let index = 0; index < size; index += 1) await here.region(`tenant:${index}`).getOrLoad('1', () => index);
        const startedAt = performance.now();
        await peer.clear();
        return performance.now() - startedAt;
      },
      stop,
    };
  },
};

export const REGION_CURVES = [evictionByRegionsEver, storeByRegions, statsByRegionsEver, clearByRegions];
