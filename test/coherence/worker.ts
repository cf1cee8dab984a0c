import type { MessagePort } from 'node:worker_threads';
import { without } from './sabotage.js';
import { simulate } from './simulate.js';
import { count, newTally, type Tally } from './tally.js';

/** Some seeds to run, all of them or until one breaks a promise. */
export interface Assignment {
  readonly seeds: readonly number[];
  /** The mechanism to take out. */
  readonly without: string | undefined;
}

async function run({ seeds, without: mechanism }: Assignment): Promise<Tally> {
  const tally = newTally();
  const runAll = async (tamper?: Parameters<typeof simulate>[1]): Promise<void> => {
    for (const seed of seeds) {
      count(tally, await simulate(seed, tamper));
      if (mechanism !== undefined && tally.broken > 0) return;
    }
  };
  await (mechanism === undefined ? runAll() : without(mechanism, runAll));
  return tally;
}

/** Runs what it is assigned, for as long as anybody assigns anything. */
export function serve(port: MessagePort): void {
  port.on('message', (assignment: Assignment) => {
    // A rejection ends the worker, and with it the check.
    void run(assignment).then((tally) => port.postMessage(tally));
  });
}
