import { spawn } from 'node:child_process';
import { withDeadline } from '../../tools/deadline.mjs';

/** What is kept of the output of a program that failed. */
const TAIL = 4_000;

/**
 * The outcome of one combination.
 *
 * @typedef {object} Outcome
 * @property {boolean | undefined} works `undefined`: the combination does not exist, and `note` says why
 * @property {string} [note] why it does not exist, or the last lines of what failed
 */

/** @typedef {{ rows: readonly string[], columns: readonly string[], cells: Record<string, Record<string, Outcome>> }} Table */

/** A program that ended with an error. */
export class ProgramError extends Error {
  /** @param {string} message @param {string} output */
  constructor(message, output) {
    super(message);
    this.output = output;
  }
}

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, timeout?: number }} options `timeout` in ms; default: 10 minutes
 * @returns {Promise<string>} what it printed
 * @throws {ProgramError}
 */
export async function run(program, args, { cwd, env = {}, timeout = 600_000 }) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  await withDeadline(ended, timeout, () => child.kill('SIGKILL'));
  const how = await ended;
  if (how !== 'exit 0') throw new ProgramError(`${[program, ...args].join(' ')}: ${how}`, output.slice(-TAIL));
  return output;
}

/**
 * @param {() => Promise<unknown>} attempt
 * @returns {Promise<Outcome>}
 */
export async function outcomeOf(attempt) {
  try {
    await attempt();
    return { works: true };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return { works: false, note: `${error.message}\n${error.output}` };
  }
}

/** @param {Outcome | undefined} outcome */
export function word(outcome) {
  if (outcome?.works === undefined) return '–';
  return outcome.works ? 'works' : 'FAILS';
}

/**
 * The outcomes of one row, in a line.
 *
 * @param {Table} table
 * @param {string} row
 */
export function wordsOf({ columns, cells }, row) {
  return `${row}: ${columns.map((column) => `${column} ${word(cells[row]?.[column])}`).join(', ')}`;
}

/**
 * @param {Table} table
 * @param {string} row
 * @param {string} column
 * @param {Outcome} outcome
 */
export function put(table, row, column, outcome) {
  (table.cells[row] ??= {})[column] = outcome;
}

/**
 * Does something with each of some things, two at a time: a command that waits for the disk or the network leaves a core to the other.
 *
 * @template T, R
 * @param {readonly T[]} items
 * @param {(item: T) => Promise<R>} work
 * @returns {Promise<R[]>} in the order of the items
 */
export async function twoAtATime(items, work) {
  /** @type {R[]} */
  const results = [];
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all([worker(), worker()]);
  return results;
}
