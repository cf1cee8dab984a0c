import { Child } from '../../tools/child-process.mjs';
import { inRepository } from '../../tools/repository.mjs';
import { reportOf, type WorldReport } from './check.js';
import type { RealWorkerCommands } from './real-worker.js';
import { add, newTally } from './tally.js';

const RUN_TYPESCRIPT = inRepository('tools/run-typescript.mjs');
const WORKER = 'test/coherence/real-worker.ts';

export interface RealCheckOptions {
  /** ms on all servers together; no schedule begins after its part of this time. */
  readonly time: number;
  readonly seed: number;
  /** How many servers are used side by side, each by a process of its own. */
  readonly servers: number;
  readonly say: (line: string) => void;
}

/** Runs schedules on Redis servers, on each of them one after another. */
export async function checkReal({
  time,
  seed,
  servers,
  say,
}: RealCheckOptions): Promise<WorldReport & { redis: string }> {
  const workers = Array.from(
    { length: servers },
    (_, index) => new Child<RealWorkerCommands>(RUN_TYPESCRIPT, { name: `server ${index + 1}`, args: [WORKER] }),
  );
  const total = newTally();
  const startedAt = performance.now();
  const end = startedAt + time / servers;
  let redis = 'unknown';
  let next = seed;
  const runSchedules = async (worker: Child<RealWorkerCommands>): Promise<void> => {
    do {
      const answer = await worker.ask('run', { seed: next++ });
      ({ redis } = answer);
      add(total, answer.tally);
      const { figures, violations, broken } = answer.tally;
      say(`real: ${total.schedules} schedules; the last one: ${figures.reads} reads, ${broken} broke a promise`);
      // A real history cannot be had again by its seed, so what is known of it is said at once.
      for (const { theme, promise, instance, region, key, details } of violations)
        say(`  ${theme}: ${promise}, ${instance}, ${region} ${key}: ${JSON.stringify(details)}`);
    } while (performance.now() < end);
  };
  try {
    await Promise.all(workers.map(runSchedules));
    // The time on all servers together.
    const report = reportOf(total, seed, startedAt);
    return { redis, ...report, seconds: report.seconds * servers };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}
