import type { InvalidationTarget } from '../../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Random } from '../../../tools/random.mjs';
import type { Plan } from '../plan.js';
import { keyOf, LISTS } from '../shop.js';
import type { Theme } from './theme.js';

/** A key that fills a message by itself. */
const LONG_KEY = 'x'.repeat(8_000);
/** So many keys fill a message. */
const MANY_KEYS = 110;
/** How long the loader of a list takes, or of a row in it, in ms. */
const SHORT = [0, 0, 5, 60] as const;

/**
 * One call, or several in one tick, evicts lists and the rows of which they are made, and leaves as several messages: the lists first. An
 * instance may load a list again between two of them, of a row that it has not evicted yet.
 */
export const PARTS: Theme = {
  kind: 'evictions in several messages',
  weight: 7,
  faults: [
    'messages one by one',
    'requests one by one',
    'cut, then a slow replay',
    'cut, then a slow replay',
    'cut among slow requests',
    'refused for now',
  ],
  faultsFromTheBeginning: ['messages one by one'],
  plan: ({ subjects, settings }, random) => ({
    subjects: [subjects[0], ...subjects.slice(1, 2)],
    longestPause: random.pick([50, 120]),
    faultShare: random.pick([0.03, 0.08]),
    // Seldom: the next eviction would remove what an earlier one has left.
    writeShare: random.pick([0.015, 0.05]),
    settings: { ...settings, maxEntries: 10_000, outboxLimit: 10_000 },
  }),
  reads: [
    {
      kind: 'read a list of all rows',
      weight: 30,
      run: (shop, plan, random) =>
        shop.readList(
          random.pick(plan.lists),
          plan.subjects,
          { takes: random.pick(SHORT) },
          { takes: random.pick(SHORT) },
        ),
    },
  ],
  writes: [
    {
      kind: 'write, and evict with one call',
      weight: 40,
      run: (shop, plan, random) => {
        const timeout = random.chance(0.7) ? random.pick([2_000, 10_000]) : undefined;
        return shop.writeAtOnce(plan.subjects, listsFirst(plan, random), timeout);
      },
    },
    {
      kind: 'write, and evict in one tick',
      weight: 20,
      run: (shop, plan, random) => shop.writeInOneTick(plan.subjects, listsFirst(plan, random)),
    },
  ],
};

/** As {@link PARTS}, while loads of lists take longer and the senders evict other things meanwhile. */
export const PARTS_AMONG_OTHERS: Theme = {
  ...PARTS,
  kind: 'evictions in several messages, among others',
  weight: 8,
  faults: ['messages one by one', 'cut, then a slow replay', 'cut, then a slow replay'],
  plan: (plan, random) => ({
    ...PARTS.plan?.(plan, random),
    // An instance that is behind serves on for longer.
    settingsOfEach: (each) => ({ maxStaleness: each.pick([2_000, 10_000]) }),
  }),
  reads: [
    {
      kind: 'read a list of all rows, for long',
      weight: 40,
      run: (shop, plan, random) =>
        shop.readList(random.pick(plan.lists), plan.subjects, { takes: random.pick([60, 400, 400, 1_200]) }),
    },
    {
      kind: 'evict what nobody reads',
      weight: 8,
      run: (shop) => shop.evict([keyOf({ region: LISTS, key: 'filler' })]),
    },
    {
      kind: 'evict a list alone',
      weight: 4,
      run: (shop, plan, random) => shop.evict([keyOf({ region: LISTS, key: random.pick(plan.lists) })]),
    },
  ],
};

function listsFirst({ lists, subjects }: Plan, random: Random): InvalidationTarget[] {
  const fillers = random.chance(0.1)
    ? Array.from({ length: MANY_KEYS }, (_, index) => `filler-${index}`)
    : Array.from({ length: random.between(1, 3) }, (_, index) => `${index}${LONG_KEY}`);
  return [
    ...lists.map((key) => keyOf({ region: LISTS, key })),
    ...fillers.map((key) => keyOf({ region: LISTS, key })),
    ...subjects.map(keyOf),
  ];
}
