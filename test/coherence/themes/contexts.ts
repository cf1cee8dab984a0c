import type { Theme } from './theme.js';

/** Loaders that read by a worker or a batcher: the cache cannot know for which load, or takes another one for it. */
export const CONTEXTS: Theme = {
  kind: 'lost contexts',
  weight: 2,
  plan: (_, random) => ({ longestPause: random.pick([50, 250]), faultShare: random.pick([0.03, 0.08]) }),
  reads: [
    {
      kind: 'read a list by a detour',
      weight: 10,
      run: (shop, plan, random) =>
        shop.readList(
          random.pick(plan.lists),
          random.some(plan.subjects),
          { takes: random.pick([0, 60, 400]), by: random.pick(['worker', 'batcher']) },
          { takes: random.pick([0, 60, 400]), tags: random.pick(['told', undefined]) },
        ),
    },
    {
      kind: 'read in a circle',
      weight: 3,
      run: (shop, plan, random) => {
        const { lists, subjects } = plan;
        const [inner = lists[0], outer = lists[0]] = random.chance(0.5) ? lists : lists.toReversed();
        const way = { takes: random.pick([0, 60, 400]) };
        const by = random.pick(['worker', 'batcher'] as const);
        // Seldom: those who join such a circle from outside wait for long.
        const back = random.chance(0.2) ? 'worker' : undefined;
        return shop.readCircle(outer, inner, random.pick(subjects), way, by, back);
      },
    },
  ],
};
