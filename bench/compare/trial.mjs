// Puts two instances of a library through a fault: a process of its own, as a library may end it.
import { serve } from '../../tools/child-process.mjs';
import { FAULTS } from './faults.mjs';
import { LIBRARIES } from './libraries.mjs';
import { Pair } from './pair.mjs';

const COMMANDS = {
  /**
   * @param {import('./report.mjs').LibraryName} library
   * @param {string} fault
   * @returns {Promise<string>} what was seen
   */
  async try(library, fault) {
    const pair = await Pair.open(LIBRARIES[library]);
    const { run } = FAULTS[fault] ?? {};
    if (run === undefined) throw new Error(`There is no fault '${fault}'.`);
    return run(pair);
  },
};

/** What can be asked of this process. @typedef {typeof COMMANDS} TrialCommands */

serve(COMMANDS);
