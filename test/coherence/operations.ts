import type { InvalidationTarget } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Subject } from './moments.js';
import type { Plan } from './plan.js';
import type { Random } from '../../tools/random.mjs';
import { keyOf, LISTS, tagsOf, type Shop, type Way } from './shop.js';
import { TRANSACTION } from './transacting.js';

/** Something that an application does with one instance. All that is random is drawn before it begins. */
export interface Operation {
  readonly kind: string;
  readonly weight: number;
  run(shop: Shop, plan: Plan, random: Random): Promise<unknown> | void;
}

/** Keys of no row, to fill messages and outboxes. */
const FILLERS = 130;
/** The longest load of a member of a list, in ms. */
const LONGEST_MEMBER = 1_200;

export const READS: readonly Operation[] = [
  {
    kind: 'read',
    weight: 12,
    run: (shop, plan, random) => shop.read(random.pick(plan.subjects), way(plan, random)),
  },
  {
    kind: 'look',
    weight: 6,
    run: (shop, plan, random) =>
      shop.look(random.chance(0.5) ? random.pick(plan.subjects) : { region: LISTS, key: random.pick(plan.lists) }),
  },
  {
    kind: 'readMany',
    weight: 4,
    run: (shop, plan, random) => {
      const { region } = random.pick(plan.subjects);
      return shop.readMany(region, random.some(keysOf(plan, region)), way(plan, random));
    },
  },
  {
    kind: 'readList',
    weight: 8,
    run: (shop, plan, random) =>
      shop.readList(random.pick(plan.lists), random.some(plan.subjects), way(plan, random), shortWay(plan, random)),
  },
];

export const WRITES: readonly Operation[] = [
  {
    kind: 'write',
    weight: 7,
    run: (shop, plan, random) => {
      const subject = random.pick(plan.subjects);
      const evictsAfter = random.chance(0.3) ? random.pick(plan.durations) : undefined;
      return shop.write(subject, targetsFor(subject, random), evictsAfter);
    },
  },
  {
    kind: 'writeMany',
    weight: 1,
    run: (shop, plan, random) => {
      const { region } = random.pick(plan.subjects);
      return shop.writeMany(region, random.some(keysOf(plan, region)));
    },
  },
  {
    kind: 'write everywhere',
    weight: 4,
    run: (shop, plan, random) => {
      const subject = random.pick(plan.subjects);
      const [target = keyOf(subject)] = targetsFor(subject, random);
      return shop.writeEverywhere(subject, target, random.pick([100, 2_000, 10_000]));
    },
  },
  {
    kind: 'update',
    weight: 5,
    run: (shop, plan, random) => shop.update(random.pick(plan.subjects), way(plan, random)),
  },
  {
    kind: 'set',
    weight: 1,
    run: (shop, plan, random) => shop.set(random.pick(plan.subjects), way(plan, random)),
  },
  {
    kind: 'evict',
    weight: 1,
    run: (shop, plan, random) => shop.evict(targetsFor(random.pick(plan.subjects), random)),
  },
  TRANSACTION,
  {
    kind: 'flood',
    weight: 0.3,
    run: (shop, plan, random) => {
      const { region } = random.pick(plan.subjects);
      const keys = Array.from({ length: FILLERS }, (_, index) => `filler-${index}`);
      return shop.evictMany(region, keys);
    },
  },
];

function way(plan: Plan, random: Random): Way {
  return {
    takes: random.pick(plan.durations),
    tags: random.pick(['given', 'told', undefined]),
    fails: random.chance(0.03),
    keeps: random.chance(0.2),
  };
}

/** For a member of a list, since members are loaded one after the other. */
function shortWay(plan: Plan, random: Random): Way {
  const { takes = 0, ...rest } = way(plan, random);
  return { ...rest, takes: Math.min(takes, LONGEST_MEMBER) };
}

function targetsFor(subject: Subject, random: Random): InvalidationTarget[] {
  const tags = tagsOf([subject]).map((tag): InvalidationTarget => ({ kind: 'tag', tag }));
  const kind = random.pick(['key', 'key', 'both', 'both', 'tag', 'wide']);
  if (kind === 'key') return [keyOf(subject)];
  if (kind === 'tag') return tags;
  if (kind === 'both') return [keyOf(subject), ...tags];
  return [random.chance(0.7) ? { kind: 'region', region: subject.region } : { kind: 'everything' }];
}

function keysOf({ subjects }: Plan, region: string): string[] {
  return subjects.filter((subject) => subject.region === region).map(({ key }) => key);
}
