import type { Theme } from './theme.js';

/** Callbacks of the application that evict while the cache stores a value: listeners, `sizeOf`, and `tags`. */
export const CALLBACKS: Theme = {
  kind: 'callbacks that evict',
  weight: 2,
  plan: (_, random) => ({ writeShare: random.pick([0.12, 0.4]) }),
  joined(shop, _, random) {
    const share = random.pick([0.05, 0.3]);
    if (random.chance(0.7)) shop.evictsDependents(() => random.chance(share));
    if (random.chance(0.7)) shop.evictsWhileItMeasures(() => random.chance(share));
  },
  reads: [
    {
      kind: 'read many, and evict when asked for the tags',
      weight: 6,
      run: (shop, { subjects }, random) => {
        const { region } = random.pick(subjects);
        const keys = subjects.filter((subject) => subject.region === region).map(({ key }) => key);
        const evicted = { region, key: random.pick(keys.length > 0 ? keys : ['1']) };
        const whenTagged = random.chance(0.3) ? () => shop.evictNow(evicted) : undefined;
        return shop.readMany(region, keys, { tags: 'told', takes: random.pick([0, 60]), whenTagged });
      },
    },
  ],
  writes: [
    {
      kind: 'put a tagged value',
      weight: 10,
      run: (shop, { subjects }, random) => {
        const way = { tags: 'told', takes: random.pick([0, 60]) } as const;
        const subject = random.pick(subjects);
        return random.chance(0.5) ? shop.update(subject, way) : shop.set(subject, way);
      },
    },
  ],
};
