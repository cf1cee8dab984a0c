import type { InvalidationTarget } from '../../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Random } from '../../../tools/random.mjs';
import { ITEMS, type Plan } from '../plan.js';
import type { Subject } from '../moments.js';
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
        return shop.writeAtOnce(plan.subjects, inParts(plan.lists, plan.subjects, random), timeout);
      },
    },
    {
      kind: 'write, and evict in one tick',
      weight: 20,
      run: (shop, plan, random) => shop.writeInOneTick(plan.subjects, inParts(plan.lists, plan.subjects, random)),
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

/** A list and a row of it are evicted one after the other, and an instance that is cut off is brought both by one replay. */
export const REPLAYS: Theme = {
  kind: 'replays of several evictions',
  weight: 4,
  faults: ['cut, then a slow replay', 'cut, then a slow replay', 'dropped messages'],
  plan: (plan, random) => ({
    ...PARTS.plan?.(plan, random),
    // An instance that is behind serves on for longer.
    settingsOfEach: () => ({ maxStaleness: 10_000 }),
    faultShare: random.pick([0.08, 0.2]),
  }),
  reads: [
    {
      kind: 'read a list of all rows',
      weight: 60,
      run: (shop, plan, random) =>
        shop.readList(random.pick(plan.lists), plan.subjects, { takes: random.pick(SHORT) }, { takes: 0 }),
    },
  ],
  writes: [
    {
      kind: 'evict a list, and then write',
      weight: 60,
      run: async (shop, plan, random) => {
        const subject = random.pick(plan.subjects);
        await shop.evict(plan.lists.map((key) => keyOf({ region: LISTS, key })));
        if (shop.instance.isServing) await shop.write(subject);
      },
    },
  ],
};

/** The server refuses one of several messages, and accepts those before it and after it. */
export const REFUSED_PARTS: Theme = {
  ...PARTS,
  kind: 'evictions in several messages, one of which is refused',
  isSimulated: true,
  weight: 4,
  faults: ['one message refused', 'one message refused'],
  faultsFromTheBeginning: [],
  plan: (plan, random) => ({
    ...PARTS.plan?.(plan, random),
    lists: [plan.lists[0]],
    faultShare: random.pick([0.08, 0.2]),
    writeShare: 0.05,
  }),
  writes: [
    {
      kind: 'write, and evict with one call',
      weight: 80,
      run: (shop, plan, random) => shop.writeAtOnce(plan.subjects, inParts(plan.lists, plan.subjects, random, 1)),
    },
  ],
};

/** Instances evict their list and its row everywhere, each another list, and the parts of their calls mix. */
export const PARTS_THAT_MIX: Theme = {
  kind: 'evictions everywhere in several messages that mix',
  weight: 4,
  isSimulated: true,
  faults: ['messages one by one', 'messages sent one by one'],
  faultsFromTheBeginning: ['messages sent one by one'],
  plan: (plan, random) => ({
    ...PARTS.plan?.(plan, random),
    instances: 3,
    subjects: [
      { region: ITEMS, key: '1' },
      { region: ITEMS, key: '2' },
    ],
    longestPause: 50,
    writeShare: random.pick([0.05, 0.12]),
    faultShare: 0.01,
    turnover: 0,
  }),
  reads: [
    {
      kind: 'read a list of one row',
      weight: 80,
      run: (shop, plan, random) => {
        const { list, row } = pairOf(plan, random);
        return shop.readList(list, [row], { takes: random.pick([60, 400]) });
      },
    },
  ],
  writes: [
    {
      kind: 'write, and evict everywhere with one call',
      weight: 80,
      run: (shop, plan, random) => {
        const { list, row } = pairOf(plan, random);
        return shop.writeAtOnce([row], inParts([list], [row], random), 10_000);
      },
    },
  ],
};

/** A list, and the one row of which it is made. */
function pairOf({ lists, subjects }: Plan, random: Random): { readonly list: string; readonly row: Subject } {
  const index = random.between(0, 1);
  return { list: lists[index] ?? lists[0], row: subjects[index] ?? subjects[0] };
}

/**
 * Targets that leave in several messages: the lists in the first one, the rows in the last one, or in the last but one.
 *
 * @param lastShare - how often the rows are not in the last one
 */
function inParts(
  lists: readonly string[],
  rows: readonly Subject[],
  random: Random,
  lastShare = 0.3,
): InvalidationTarget[] {
  const fillers = random.chance(0.1)
    ? Array.from({ length: MANY_KEYS }, (_, index) => `filler-${index}`)
    : Array.from({ length: random.between(1, 3) }, (_, index) => `${index}${LONG_KEY}`);
  const last = random.chance(lastShare) ? [`last${LONG_KEY}`] : [];
  const inLists = (key: string): InvalidationTarget => keyOf({ region: LISTS, key });
  return [...lists.map(inLists), ...fillers.map(inLists), ...rows.map(keyOf), ...last.map(inLists)];
}
