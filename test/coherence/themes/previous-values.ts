import { tagsOf } from '../shop.js';
import type { Theme } from './theme.js';

/** Values that expire soon, so that loaders are given them as `previous`, while they are evicted often. */
export const PREVIOUS_VALUES: Theme = {
  kind: 'previous values',
  weight: 2,
  plan: ({ subjects, settings }, random) => {
    const ttl = random.pick([30, 100, 300]);
    const regions = [...(settings.regions ?? [])].map(([name, region]) => [name, { ...region, ttl }] as const);
    return {
      subjects: [subjects[0]],
      longestPause: random.pick([50, 120]),
      writeShare: random.pick([0.12, 0.4]),
      durations: [0, 60, 400, random.pick([400, 1_200])],
      settings: { ...settings, ttl, regions: new Map(regions), maxEntries: 10_000 },
    };
  },
  writes: [
    // A value that is there although loads of its key are fenced, one after the other.
    {
      kind: 'set',
      weight: 15,
      run: (shop, plan, random) => shop.set(random.pick(plan.subjects), { tags: random.pick(['told', undefined]) }),
    },
    {
      kind: 'evict a tag',
      weight: 5,
      run: (shop, plan, random) =>
        shop.evict(tagsOf([random.pick(plan.subjects)]).map((tag) => ({ kind: 'tag', tag }))),
    },
  ],
};
