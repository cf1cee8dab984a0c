import { availableParallelism } from 'node:os';
import { Child } from '../../tools/child-process.mjs';
import { inRepository } from '../../tools/repository.mjs';
import { add, newTally, type Tally } from './tally.js';
import type { WorkerCommands } from './worker.js';

/** How many schedules a worker runs before it reports. */
const BATCH = 25;
/** How many batches a worker runs before another takes its place: what schedules leave behind, such as loads that hang, slows the next. */
const BATCHES_OF_A_WORKER = 20;

const RUN_TYPESCRIPT = inRepository('tools/run-typescript.mjs');
const WORKER = 'test/coherence/worker.ts';

interface RunOptions {
  readonly without?: string | undefined;
  readonly audits?: boolean | undefined;
  readonly isObserved?: boolean | undefined;
}

/** Processes, one for each core, that run schedules side by side; each process runs one schedule at a time. */
export class WorkerPool {
  readonly #workers = Array.from({ length: availableParallelism() }, (_, index) => startWorker(index));

  /**
   * Runs the schedules of `count` seeds, the first of which is `seed`. With a mechanism taken out, it stops when a promise is broken.
   *
   * @param options.without - the mechanism to take out
   * @param options.audits - whether every hit is audited
   * @param options.isObserved - whether observers ask all the time
   */
  async run(
    seed: number,
    count: number,
    { without, audits = false, isObserved = false }: RunOptions,
    progress: (tally: Tally) => void = () => {},
  ): Promise<Tally> {
    const total = newTally();
    let next = seed;
    const runBatches = async (index: number): Promise<void> => {
      for (let batches = 1; next < seed + count; batches += 1) {
        if (without !== undefined && total.broken > 0) return;
        const worker = batches % BATCHES_OF_A_WORKER === 0 ? await this.#replace(index) : this.#workerAt(index);
        const seeds = Array.from({ length: Math.min(BATCH, seed + count - next) }, (_, nth) => next + nth);
        next += seeds.length;
        add(total, await worker.ask('run', { seeds, without, audits, isObserved }));
        progress(total);
      }
    };
    await Promise.all([...this.#workers.keys()].map(runBatches));
    return total;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  async #replace(index: number): Promise<Child<WorkerCommands>> {
    await this.#workerAt(index).stop();
    return (this.#workers[index] = startWorker(index));
  }

  #workerAt(index: number): Child<WorkerCommands> {
    return (this.#workers[index] ??= startWorker(index));
  }
}

function startWorker(index: number): Child<WorkerCommands> {
  return new Child<WorkerCommands>(RUN_TYPESCRIPT, { name: `worker ${index + 1}`, args: [WORKER] });
}
