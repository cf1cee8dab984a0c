import type { Theme } from './theme.js';

/** Every hit is audited, and writers forget to evict. */
export const AUDITS: Theme = {
  kind: 'forgotten evictions',
  weight: 6,
  faults: ['silent channel', 'silent channel', 'dropped messages'],
  plan: ({ subjects, length }, random) => ({
    isAudited: true,
    subjects: [subjects[0], ...subjects.slice(1, 2)],
    length: length / 2,
    longestPause: random.pick([120, 250]),
    faultShare: random.pick([0.03, 0.2]),
    writeShare: random.pick([0.015, 0.05, 0.12]),
  }),
  reads: [
    {
      kind: 'read again and again',
      weight: 20,
      run: (shop, plan, random) => shop.read(random.pick(plan.subjects), { takes: random.pick([0, 5, 60]) }),
    },
  ],
  writes: [
    {
      kind: 'write, and forget to evict',
      weight: 20,
      run: (shop, plan, random) => shop.forget(random.pick(plan.subjects)),
    },
    {
      kind: 'write late',
      weight: 20,
      run: (shop, plan, random) =>
        shop.write(
          random.pick(plan.subjects),
          undefined,
          random.pick([60, 400, random.between(1_000, 2_100), random.between(1_300, 2_000)]),
        ),
    },
  ],
};
