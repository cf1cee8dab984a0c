import { progress } from '../../tools/progress.mjs';
import { sum } from '../../tools/statistics.mjs';
import { SABOTAGES } from './sabotages/sabotages.js';
import { MAX_STALENESS } from './simulate.js';
import { newTally, type Tally } from './tally.js';
import { WorkerPool } from './worker-pool.js';

export interface CheckOptions {
  /** How many schedules to run. */
  readonly schedules: number;
  /** The seed of the first schedule; each further one has the next number. */
  readonly seed: number;
  /** Whether every hit is audited. Default: only in some schedules. */
  readonly audits?: boolean | undefined;
  /** Whether observers ask all the time. */
  readonly isObserved?: boolean | undefined;
  readonly say: (line: string) => void;
}

/** The result of a run, as the report holds it. */
export interface WorldReport extends Omit<Tally, 'violations'> {
  readonly firstSeed: number;
  readonly seconds: number;
  readonly maxStaleness: number;
  readonly violations: Tally['violations'];
}

/** How soon the checker noticed that a mechanism was missing. */
export interface ToothReport {
  readonly mechanism: string;
  /** How many schedules it took; `undefined` if no schedule broke a promise. */
  readonly found: number | undefined;
  readonly seed: number | undefined;
  readonly promise: string | undefined;
}

/** The mechanisms that can be taken out. */
export const MECHANISMS: readonly string[] = Object.keys(SABOTAGES);

/** Runs schedules in the simulated world, with all mechanisms in place. */
export async function checkSimulated({ schedules, seed, audits, isObserved, say }: CheckOptions): Promise<WorldReport> {
  const pool = new WorkerPool();
  const startedAt = performance.now();
  const tell = progress({ total: schedules, unit: 'schedules', say });
  try {
    const tally = await pool.run(seed, schedules, { audits, isObserved }, (so) =>
      tell(so.schedules, `${so.broken} broke a promise`),
    );
    return reportOf(tally, seed, startedAt);
  } finally {
    await pool.stop();
  }
}

/** Takes out one mechanism after another. For each it runs at most so many schedules, until one breaks a promise. */
export async function checkTeeth(
  { schedules, seed, say }: CheckOptions,
  mechanisms = MECHANISMS,
): Promise<ToothReport[]> {
  const pool = new WorkerPool();
  const reports: ToothReport[] = [];
  try {
    for (const mechanism of mechanisms) {
      const { violations } = await pool.run(seed, schedules, { without: mechanism });
      const [first] = violations.toSorted((one, other) => one.seed - other.seed);
      const found = first && first.seed - seed + 1;
      reports.push({ mechanism, found, seed: first?.seed, promise: first?.promise });
      say(
        first
          ? `without ${mechanism}: seed ${first.seed}, schedule ${found}, breaks '${first.promise}'`
          : `without ${mechanism}: no promise broken in ${schedules} schedules`,
      );
    }
    return reports;
  } finally {
    await pool.stop();
  }
}

export function reportOf(tally: Tally, firstSeed: number, startedAt: number): WorldReport {
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const { violations, ...counted } = { ...newTally(), ...tally };
  return { firstSeed, seconds, maxStaleness: MAX_STALENESS, ...counted, violations };
}

/** The result of a run, line by line, for people. */
export function* summaryOf(world: string, report: WorldReport): Generator<string> {
  const { schedules, seconds, figures, faults, violations, broken, firstSeed } = report;
  const injected = sum(Object.values(faults));
  yield `${world}: ${schedules} schedules from seed ${firstSeed} in ${seconds} s`;
  yield `  ${injected} faults, ${figures.reads} reads, ${figures.loads} loads, ${figures.commits} changes, ${figures.evictions} evictions`;
  yield `  ${figures.staleServed} expired values served, ${figures.backgroundLoads} loads without a reader, ${figures.timeouts} loads that took too long`;
  yield `  ${figures.committed} transactions committed, ${figures.rolledBack} rolled back`;
  yield `  ${figures.forgotten} evictions forgotten, ${figures.reported} values reported by audits, ${figures.found} of them forgotten on purpose`;
  if (figures.answers > 0) yield `  ${figures.answers} answers to observers that asked all the time`;
  yield `  ${figures.everywhere} evictions everywhere, the longest took ${Math.round(figures.longestWait)} ms`;
  yield `  the worst staleness was ${Math.round(figures.worstStaleness)} ms of ${report.maxStaleness} ms`;
  yield `  ${broken} schedules broke a promise`;
  for (const { seed, theme, promise, instance, region, key, details, events } of violations.slice(0, 3)) {
    yield `  seed ${seed} (${theme}): '${promise}' on ${instance}, ${region} ${key}: ${JSON.stringify(details)}`;
    for (const event of events) yield `    ${event}`;
  }
}
