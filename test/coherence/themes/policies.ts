import { withPolicies } from '../policies.js';
import type { Theme } from './theme.js';

/** Values that expire soon under load policies, of a source of truth that fails and is slow. */
export const POLICIES: Theme = {
  kind: 'load policies',
  weight: 5,
  faults: ['cut', 'cut silently', 'lost answers'],
  plan: ({ subjects, settings, durations }, random) => ({
    subjects: [subjects[0], ...subjects.slice(1, 2)],
    longestPause: random.pick([50, 120, 250]),
    faultShare: random.pick([0.03, 0.08]),
    writeShare: random.pick([0.015, 0.05, 0.12]),
    durations: [0, 5, 60, 400, random.pick(durations)],
    settings: withPolicies({ ...settings, maxEntries: 10_000 }, random),
    sourceFails: true,
  }),
  reads: [
    {
      kind: 'read again and again',
      weight: 30,
      run: (shop, plan, random) =>
        shop.read(random.pick(plan.subjects), {
          takes: random.pick(plan.durations),
          tags: random.pick(['given', 'told', undefined]),
          fails: random.chance(0.1),
          keeps: random.chance(0.5),
        }),
    },
  ],
};
