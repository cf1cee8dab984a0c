import { withPolicies } from '../policies.js';
import { TRANSACTION } from '../transacting.js';
import type { Theme } from './theme.js';

/** Rows that are changed in transactions, whose evictions are held until their end. */
export const TRANSACTIONS: Theme = {
  kind: 'transactions',
  weight: 4,
  plan: ({ subjects, settings }, random) => ({
    subjects: [subjects[0], ...subjects.slice(1, 2)],
    longestPause: random.pick([50, 120]),
    faultShare: random.pick([0.03, 0.08]),
    writeShare: random.pick([0.05, 0.12, 0.4]),
    durations: [0, 5, 60, 400],
    settings: random.chance(0.3) ? withPolicies(settings, random) : settings,
  }),
  writes: [{ ...TRANSACTION, weight: 60 }],
};
