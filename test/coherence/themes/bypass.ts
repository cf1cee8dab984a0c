import { PRICES } from '../plan.js';
import type { Theme } from './theme.js';

/** Many readers of few keys in `'bypass'`, while the instance is cut off for longer than its lease. */
export const BYPASS: Theme = {
  kind: 'bypass while cut off',
  weight: 2,
  faults: ['cut', 'cut silently', 'lost answers'],
  plan: (_, random) => ({
    subjects: [{ region: PRICES, key: '1' }],
    longestPause: random.pick([50, 250]),
    faultShare: random.pick([0.08, 0.2]),
    writeShare: random.pick([0.015, 0.05]),
    durations: [60, random.pick([400, 1_200]), 3_000],
  }),
};
