import type { Random } from '../../tools/random.mjs';
import type { Operation } from './operations.js';
import type { Plan } from './plan.js';
import type { Step } from './shop.js';

/** How long a step takes, in ms: a transaction is short. */
const SHORT = [0, 0, 5, 60] as const;

const LEAVES = ['write', 'write', 'put', 'put', 'read', 'read', 'look', 'read many', 'list'] as const;
const STEPS = [...LEAVES, 'nest'] as const;

/** Transactions that are committed or rolled back, some of them inside of others. */
export const TRANSACTION: Operation = {
  kind: 'transaction',
  weight: 3,
  run: (shop, plan, random) =>
    shop.transact({
      steps: stepsOf(plan, random, 2),
      isRolledBack: random.chance(0.3),
      lasts: random.pick([0, 0, 60]),
    }),
};

function stepsOf(plan: Plan, random: Random, depth: number): Step[] {
  return Array.from({ length: random.between(1, 4) }, () => stepOf(plan, random, depth));
}

function stepOf(plan: Plan, random: Random, depth: number): Step {
  const subject = random.pick(plan.subjects);
  const takes = random.pick(SHORT);
  const tags = random.pick(['given', 'told', undefined]);
  const kind = random.pick(depth > 0 ? STEPS : LEAVES);
  switch (kind) {
    case 'put':
      return (shop, within) => shop.updateWithin(within, subject, { takes, tags });
    case 'read':
      return async (shop, within) => void (await shop.read(subject, { takes, tags, within }));
    case 'look':
      return (shop, within) => shop.look(subject, within);
    case 'read many': {
      const keys = plan.subjects.filter(({ region }) => region === subject.region).map(({ key }) => key);
      return (shop, within) => shop.readMany(subject.region, keys, { takes, tags, within });
    }
    case 'list': {
      const list = random.pick(plan.lists);
      return (shop, within) => shop.readList(list, plan.subjects, { takes, within }, { takes: 0, within });
    }
    case 'nest': {
      const steps = stepsOf(plan, random, depth - 1);
      const isRolledBack = random.chance(0.5);
      return (shop, within) => shop.nest(within, steps, isRolledBack);
    }
    case 'write':
      return (shop, within) => shop.writeWithin(within, subject, takes);
  }
}
