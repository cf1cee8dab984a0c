import { serve } from '../../tools/child-process.mjs';
import { without } from './sabotages/sabotages.js';
import { simulate, type SimulateOptions } from './simulate.js';
import { count, newTally, type Tally } from './tally.js';

/** Seeds to run: all of them; with a mechanism taken out, until one breaks a promise. */
export interface Assignment {
  readonly seeds: readonly number[];
  /** The mechanism to take out. */
  readonly without: string | undefined;
  /** Whether every hit is audited, whatever the theme is about. */
  readonly audits: boolean;
  /** Whether observers ask all the time. */
  readonly isObserved: boolean;
}

const commands = {
  async run({ seeds, without: mechanism, audits, isObserved }: Assignment): Promise<Tally> {
    const tally = newTally();
    const runAll = async (how: SimulateOptions): Promise<void> => {
      for (const seed of seeds) {
        count(tally, await simulate(seed, how));
        if (mechanism !== undefined && tally.broken > 0) return;
      }
    };
    await (mechanism === undefined ? runAll({ audits, isObserved }) : without(mechanism, runAll));
    return tally;
  },
};

export type WorkerCommands = typeof commands;

/** The program of a worker of the pool. */
export function main(): void {
  serve(commands);
}
