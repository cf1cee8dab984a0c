import type { Figures } from './history.js';
import { Random } from '../../tools/random.mjs';
import type { Sabotage } from './sabotage.js';
import { Schedule } from './schedule.js';
import { SimulatedWorld } from './simulated-world.js';
import type { Violation } from './violation.js';

export const MAX_STALENESS = 2_000;

/** The result of one schedule. */
export interface Outcome {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  readonly faults: ReadonlyMap<string, number>;
}

/** Runs the schedule of `seed` in memory. The same seed gives the same history. */
export function simulate(seed: number, tamper?: Sabotage['tamper']): Promise<Outcome> {
  const random = new Random(seed);
  return drawingFrom(random, async () => {
    const world = new SimulatedWorld(MAX_STALENESS, tamper);
    const schedule = new Schedule(world, random);
    await world.run(schedule.run());
    return { seed, violations: world.history.violations, figures: world.history.figures, faults: schedule.faults };
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
