import { regionSettings } from '../../support/instances/cache-settings.js';
import { ITEMS, PRICES } from '../plan.js';
import { keyOf, LISTS } from '../shop.js';
import type { Theme } from './theme.js';

const MINUTE = 60_000;
const TTL = 120 * MINUTE;

/**
 * The instances differ in `maxStaleness` and `whenDisconnected`, as they do during a deploy. Some are cut off for longer than the list of
 * members keeps the others, the server loses the list, and its clock is set.
 */
export const MEMBERS: Theme = {
  kind: 'members that differ',
  weight: 6,
  isSimulated: true,
  faults: [
    'members lost behind a cut',
    'members lost behind a cut',
    'members lost',
    'clock set forward',
    'clock set back',
    'silent channel',
    'slow channel',
  ],
  plan: ({ subjects, lists, length, settings }, random) => ({
    instances: random.between(2, 3),
    length: length / 2,
    // Most of the time passes while an instance is away, and each second of it costs timers.
    absence: random.chance(0.2) ? random.between(10, 12) * MINUTE : undefined,
    longestPause: random.pick([50, 250]),
    faultShare: random.pick([0.03, 0.08]),
    writeShare: random.pick([0.015, 0.05, 0.12]),
    turnover: random.pick([0, 0.02, 0.06]),
    durations: [0, 5, 60],
    subjects: [subjects[0], ...subjects.slice(1, 2)],
    lists: [lists[0]],
    settings: { ...settings, ttl: TTL, invalidationLogLength: 4_096, maxEntries: 10_000 },
    settingsOfEach: (each) => {
      const of = { ttl: TTL, maxEntries: 10_000 };
      const mode = (): 'reload' | 'bypass' => each.pick(['reload', 'bypass']);
      return {
        maxStaleness: each.pick([300, 2_000, 10_000, MINUTE, 60 * MINUTE, each.chance(0.2) ? Infinity : 300]),
        regions: new Map(
          [ITEMS, PRICES, LISTS].map((name) => [name, regionSettings({ ...of, whenDisconnected: mode() })]),
        ),
      };
    },
  }),
  reads: [
    {
      kind: 'read again and again',
      weight: 30,
      run: (shop, plan, random) => shop.read(random.pick(plan.subjects), { takes: random.pick(plan.durations) }),
    },
  ],
  writes: [
    {
      kind: 'write everywhere, by its key',
      weight: 30,
      run: (shop, plan, random) => {
        const subject = random.pick(plan.subjects);
        return shop.writeEverywhere(subject, keyOf(subject), random.pick([2_000, 10_000, 20_000]));
      },
    },
  ],
};
