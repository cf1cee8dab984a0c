import { ITEMS } from '../plan.js';
import type { Theme } from './theme.js';

/**
 * A server dies with entries that only some have heard of, and the next one does not have them. Only the epoch tells that it is another
 * server: its log goes on where the last entries of the old one would be.
 */
export const FAILOVERS: Theme = {
  kind: 'failovers',
  weight: 2,
  isSimulated: true,
  faults: ['unpublished tail lost', 'unpublished tail lost', 'unpublished tail lost', 'restart with a lost tail'],
  plan: ({ settings }, random) => ({
    subjects: [{ region: ITEMS, key: '1' }],
    longestPause: random.pick([50, 250]),
    faultShare: random.pick([0.03, 0.08]),
    writeShare: random.pick([0.05, 0.12, 0.4]),
    turnover: 0,
    durations: [0, 5],
    settings: { ...settings, invalidationLogLength: 4_096 },
  }),
};
