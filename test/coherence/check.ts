import type { Worker } from 'node:worker_threads';
import { Crew } from './crew.js';
import { SABOTAGES } from './sabotage.js';
import { MAX_STALENESS } from './simulate.js';
import { newTally, type Tally } from './tally.js';

export interface CheckOptions {
  /** How many schedules to run. */
  readonly schedules: number;
  /** The seed of the first; each further one has the next. */
  readonly seed: number;
  readonly hire: () => Worker;
  readonly say: (line: string) => void;
}

/** What a run came to, as it is written down. */
export interface WorldReport extends Omit<Tally, 'violations'> {
  readonly firstSeed: number;
  readonly seconds: number;
  readonly maxStaleness: number;
  readonly violations: Tally['violations'];
}

/** How soon the checker missed a mechanism. */
export interface ToothReport {
  readonly mechanism: string;
  /** How many schedules it took; `undefined`: it was not missed. */
  readonly found: number | undefined;
  readonly seed: number | undefined;
  readonly promise: string | undefined;
}

/** What can be taken out. */
export const MECHANISMS: readonly string[] = Object.keys(SABOTAGES);

const BETWEEN_LINES = 5_000;

/** Runs schedules in the simulated world, with all mechanisms in place. */
export async function checkSimulated({ schedules, seed, hire, say }: CheckOptions): Promise<WorldReport> {
  const crew = new Crew(hire);
  const startedAt = performance.now();
  let saidAt = startedAt;
  try {
    const tally = await crew.run(seed, schedules, undefined, (so) => {
      if (performance.now() - saidAt < BETWEEN_LINES) return;
      saidAt = performance.now();
      const rate = so.schedules / ((saidAt - startedAt) / 60_000);
      say(`${so.schedules} of ${schedules} schedules (${rate.toFixed(0)} a minute), ${so.broken} with a violation`);
    });
    return reportOf(tally, seed, startedAt);
  } finally {
    await crew.leave();
  }
}

/** Takes out one mechanism after another, and runs at most so many schedules until it is missed. */
export async function checkTeeth(
  { schedules, seed, hire, say }: CheckOptions,
  mechanisms = MECHANISMS,
): Promise<ToothReport[]> {
  const crew = new Crew(hire);
  const reports: ToothReport[] = [];
  try {
    for (const mechanism of mechanisms) {
      const { violations } = await crew.run(seed, schedules, mechanism);
      const [first] = violations.toSorted((one, other) => one.seed - other.seed);
      const found = first && first.seed - seed + 1;
      reports.push({ mechanism, found, seed: first?.seed, promise: first?.promise });
      say(
        first
          ? `without the ${mechanism}: seed ${first.seed}, the ${found}. schedule, breaks '${first.promise}'`
          : `without the ${mechanism}: nothing in ${schedules} schedules`,
      );
    }
    return reports;
  } finally {
    await crew.leave();
  }
}

export function reportOf(tally: Tally, firstSeed: number, startedAt: number): WorldReport {
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const { violations, ...counted } = { ...newTally(), ...tally };
  return { firstSeed, seconds, maxStaleness: MAX_STALENESS, ...counted, violations };
}

/** The lines that tell what a run came to. */
export function* summaryOf(world: string, report: WorldReport): Generator<string> {
  const { schedules, seconds, figures, faults, violations, broken, firstSeed } = report;
  const injected = Object.values(faults).reduce((sum, times) => sum + times, 0);
  yield `${world}: ${schedules} schedules from seed ${firstSeed} in ${seconds} s`;
  yield `  ${injected} faults, ${figures.reads} reads, ${figures.loads} loads, ${figures.commits} changes, ${figures.evictions} evictions`;
  yield `  ${figures.everywhere} evictions everywhere, the longest took ${Math.round(figures.longestWait)} ms`;
  yield `  the worst staleness was ${Math.round(figures.worstStaleness)} ms of ${report.maxStaleness} ms`;
  yield `  ${broken} schedules broke a promise`;
  for (const { seed, promise, instance, region, key, details, events } of violations.slice(0, 3)) {
    yield `  seed ${seed}: '${promise}' on ${instance}, ${region} ${key}: ${JSON.stringify(details)}`;
    for (const event of events) yield `    ${event}`;
  }
}
