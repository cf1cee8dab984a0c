import type { Operation } from '../operations.js';
import type { Plan } from '../plan.js';
import type { Random } from '../../../tools/random.mjs';
import type { Shop } from '../shop.js';

/** What a schedule is about: what happens in it more often than in others, or only in it. */
export interface Theme {
  readonly kind: string;
  readonly weight: number;
  /** Whether it needs a world whose time can be made to pass. */
  readonly isSimulated?: boolean;
  /** Reads and writes that are always among those that the schedule draws. */
  readonly reads?: readonly Operation[];
  readonly writes?: readonly Operation[];
  /** The kinds of faults that are always among those that the schedule draws. */
  readonly faults?: readonly string[];
  /** The kinds of faults that each instance has from its beginning. */
  readonly faultsFromTheBeginning?: readonly string[];
  /** What it changes in the plan. */
  plan?(plan: Plan, random: Random): Partial<Plan>;
  /** Called for each instance that has joined. */
  joined?(shop: Shop, plan: Plan, random: Random): void;
}
