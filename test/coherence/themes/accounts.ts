import type { Theme } from './theme.js';

/** What the statistics say, and what an eviction says, when links come and go and tags change while something is loaded. */
export const ACCOUNTS: Theme = {
  kind: 'accounts',
  weight: 2,
  faults: ['cut', 'refused here', 'restart'],
  plan: (_, random) => ({ writeShare: random.pick([0.12, 0.4]) }),
  joined: (shop) => shop.evictsWhenCoherent({ region: 'accounts', key: '1' }),
  reads: [
    {
      kind: 'read, and take the tags off',
      weight: 15,
      run: (shop, plan, random) =>
        shop.read(random.pick(plan.subjects), {
          tags: 'taken off',
          takes: random.pick([60, 400]),
          fails: random.chance(0.2),
        }),
    },
  ],
};
