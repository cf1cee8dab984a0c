import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { add, newTally, type Tally } from './tally.js';
import type { Assignment } from './worker.js';

/** How many schedules a worker runs before it reports. */
const BATCH = 25;

/** Workers, one a core, that run schedules side by side; each runs one at a time. */
export class Crew {
  readonly #workers: readonly Worker[];

  /** @param hire - gives a worker that serves, see `worker.ts` */
  constructor(hire: () => Worker) {
    this.#workers = Array.from({ length: availableParallelism() }, hire);
  }

  /** Runs the schedules of `count` seeds from `seed` on; without a mechanism only until a promise is broken. */
  async run(
    seed: number,
    count: number,
    without: string | undefined,
    progress: (tally: Tally) => void = () => {},
  ): Promise<Tally> {
    const total = newTally();
    let next = seed;
    const work = async (worker: Worker): Promise<void> => {
      while (next < seed + count) {
        if (without !== undefined && total.broken > 0) return;
        const seeds = Array.from({ length: Math.min(BATCH, seed + count - next) }, (_, index) => next + index);
        next += seeds.length;
        add(total, await answerTo(worker, { seeds, without }));
        progress(total);
      }
    };
    await Promise.all(this.#workers.map(work));
    return total;
  }

  async leave(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

async function answerTo(worker: Worker, assignment: Assignment): Promise<Tally> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
  worker.postMessage(assignment);
  const [tally]: Tally[] = await once(worker, 'message');
  if (!tally) throw new Error('a worker gave no answer');
  return tally;
}
