import type { Figures } from './figures.js';
import { Random } from '../../tools/random.mjs';
import type { Sabotage } from './sabotages/sabotage.js';
import { Schedule } from './schedule.js';
import { SimulatedWorld } from './simulated-world.js';
import type { Theme } from './themes/theme.js';
import type { Violation } from './violation.js';

export const MAX_STALENESS = 2_000;

/** The result of one schedule. */
export interface Outcome {
  readonly seed: number;
  readonly theme: string;
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  readonly faults: ReadonlyMap<string, number>;
}

export interface SimulateOptions {
  readonly tamper?: Sabotage['tamper'] | undefined;
  /** Those that the seed draws from. Default: all. */
  readonly themes?: readonly Theme[] | undefined;
  /** Whether every hit is audited, whatever the theme is about. */
  readonly audits?: boolean | undefined;
  /** Whether observers ask all the time. */
  readonly isObserved?: boolean | undefined;
}

/** Runs the schedule of `seed` in memory. The same seed gives the same history. */
export function simulate(seed: number, { tamper, themes, audits, isObserved }: SimulateOptions = {}): Promise<Outcome> {
  const random = new Random(seed);
  return drawingFrom(random, async () => {
    const chunk = random.pick([1, 2, 500]);
    const world = new SimulatedWorld({ maxStaleness: MAX_STALENESS, chunk, tamper, isObserved });
    const schedule = new Schedule(world, random, { themes, audits });
    await world.run(schedule.run());
    const { figures, violations } = world.history;
    return { seed, theme: schedule.theme.kind, violations, figures, faults: schedule.faults };
  });
}

/** Runs `callback` while everything that calls `Math.random`, such as the library's back-off and jitter, draws from `random`. */
async function drawingFrom<T>(random: Random, callback: () => Promise<T>): Promise<T> {
  const { random: original } = Math;
  Math.random = random.next;
  try {
    return await callback();
  } finally {
    Math.random = original;
  }
}
