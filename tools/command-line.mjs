import { parseArgs } from 'node:util';

/**
 * One option of a command.
 *
 * @template T
 * @typedef {object} Option
 * @property {string} about what it does, for `--help`
 * @property {string} [argument] what its value is called in `--help`; an option without one is a switch
 * @property {string} [shownDefault] the default in words, for `--help`
 * @property {T} default its value when it is not given
 * @property {(text: string) => T} read gives its value, or throws a {@link CommandLineError} that says what the text is not
 */

/**
 * A command: how it is called, what it does in a sentence or two, and its options by name.
 *
 * @template {Readonly<Record<string, Option<unknown>>>} Options
 * @typedef {{ command: string, about: string, options: Options }} Command
 */

/**
 * @template {Readonly<Record<string, Option<unknown>>>} Options
 * @typedef {{ [Name in keyof Options]: Options[Name] extends Option<infer T> ? T : never }} Values
 */

/** What is wrong with a command line, in one sentence without its end. */
export class CommandLineError extends Error {}

/**
 * Reads the options of this process. `--help` prints them and ends the process with 0. An unknown option, an argument without an option
 * and a value that cannot be read print one sentence and end it with 2.
 *
 * @template {Readonly<Record<string, Option<unknown>>>} Options
 * @param {Command<Options>} command
 * @returns {Values<Options>}
 */
export function readCommandLine(command) {
  try {
    const values = parseCommandLine(command, process.argv.slice(2));
    if (values !== 'help') return values;
    console.log(helpOf(command));
    process.exit(0);
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    refuseCommandLine(command, error.message);
  }
}

/**
 * Prints what is wrong and ends the process with 2: for what only the command itself can check.
 *
 * @param {{ command: string }} command
 * @param {string} problem a sentence without its end
 * @returns {never}
 */
export function refuseCommandLine({ command }, problem) {
  console.error(`${problem}. For the options: ${command} --help`);
  process.exit(2);
}

/**
 * @template {Readonly<Record<string, Option<unknown>>>} Options
 * @param {Command<Options>} command
 * @param {readonly string[]} args
 * @returns {Values<Options> | 'help'}
 * @throws {CommandLineError} when an argument is not understood
 */
export function parseCommandLine({ options }, args) {
  const entries = Object.entries(options);
  /** @type {Record<string, unknown>} */
  const values = Object.fromEntries(entries.map(([name, option]) => [name, option.default]));
  /** @type {Record<string, { type: 'boolean' | 'string', short?: string }>} */
  const expected = { help: { type: 'boolean', short: 'h' } };
  for (const [name, { argument }] of entries) expected[name] = { type: argument === undefined ? 'boolean' : 'string' };
  // Not strict: the messages are our own.
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true, options: expected });
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw new CommandLineError(`'${token.value}' belongs to no option`);
    if (token.name === 'help') return 'help';
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) {
      const known = [...entries.map(([name]) => `--${name}`), '--help'].join(', ');
      throw new CommandLineError(`There is no option ${token.rawName}; there are ${known}`);
    }
    if (option.argument === undefined && token.value !== undefined)
      throw new CommandLineError(`${token.rawName} takes no value`);
    if (option.argument !== undefined && token.value === undefined)
      throw new CommandLineError(`${token.rawName} needs a value: ${token.rawName} ${option.argument}`);
    values[token.name] = valueOf(option, token.rawName, token.value ?? '');
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value is the default of its option, or what that has read
  return /** @type {Values<Options>} */ (values);
}

/**
 * What `--help` prints.
 *
 * @param {Command<Readonly<Record<string, Option<unknown>>>>} command
 */
export function helpOf({ command, about, options }) {
  const lines = Object.entries(options).map(([name, option]) => {
    const { argument, shownDefault } = option;
    return [
      argument === undefined ? `--${name}` : `--${name} ${argument}`,
      shownDefault === undefined ? option.about : `${option.about} (default: ${shownDefault})`,
    ];
  });
  lines.push(['--help', 'prints this text']);
  const width = Math.max(...lines.map(([usage = '']) => usage.length));
  return [
    `Usage: ${command}${lines.length > 1 ? ' [options]' : ''}`,
    '',
    about,
    '',
    ...lines.map(([usage = '', what]) => `  ${usage.padEnd(width)}  ${what}`),
  ].join('\n');
}

/**
 * A switch: `true` when it is given.
 *
 * @param {string} about
 * @returns {Option<boolean>}
 */
export function flag(about) {
  return { about, default: false, read: () => true };
}

/**
 * Any text, such as the name of a file.
 *
 * @param {string} about
 * @param {{ argument: string }} how
 * @returns {Option<string | undefined>}
 */
export function text(about, { argument }) {
  return { about, argument, default: undefined, read: (given) => given };
}

/**
 * @template {number | undefined} Default
 * @param {string} about
 * @param {{ from?: number, to?: number, default: Default, shownDefault?: string }} how the bounds are included
 * @returns {Option<number | Default>}
 */
export function wholeNumber(about, { from = 0, to = Number.MAX_SAFE_INTEGER, ...rest }) {
  return numeric(about, 'N', rest, (given) => {
    const value = toWholeNumber(given, { from, to });
    if (value === undefined) throw new CommandLineError(`is not ${wholeNumbersWithin({ from, to })}`);
    return value;
  });
}

/**
 * A number above 0.
 *
 * @template {number | undefined} Default
 * @param {string} about
 * @param {{ default: Default, shownDefault?: string }} how
 * @returns {Option<number | Default>}
 */
export function positiveNumber(about, how) {
  return numeric(about, 'N', how, (given) => {
    const value = given.trim() === '' ? NaN : Number(given);
    if (!(value > 0 && Number.isFinite(value))) throw new CommandLineError('is not a number above 0');
    return value;
  });
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * A duration such as `500ms`, `60s`, `1.5m` or `1h`, in ms.
 *
 * @template {number | undefined} Default
 * @param {string} about
 * @param {{ default: Default, shownDefault?: string }} how
 * @returns {Option<number | Default>}
 */
export function duration(about, how) {
  return numeric(about, 'DURATION', how, (given) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(given) ?? [];
    const found = Object.entries(UNITS).find(([name]) => name === unit);
    if (amount === undefined || !found || Number(amount) === 0)
      throw new CommandLineError('is not a duration above 0, such as 500ms, 60s, 1.5m or 1h');
    return Number(amount) * found[1];
  });
}

/**
 * One of some words.
 *
 * @param {string} about
 * @param {{ argument: string, choices: readonly string[] }} how
 * @returns {Option<string | undefined>}
 */
export function oneOf(about, { argument, choices }) {
  return {
    about: `${about}: ${listed(choices)}`,
    argument,
    default: undefined,
    read: (given) => chosen(given, choices),
  };
}

/**
 * Some of some words, with commas between them; all of them when the option is not given.
 *
 * @param {string} about
 * @param {{ argument: string, choices: readonly string[] }} how
 * @returns {Option<readonly string[]>}
 */
export function someOf(about, { argument, choices }) {
  return {
    about: `${about}: ${choices.join(',')}`,
    argument,
    default: choices,
    shownDefault: 'all',
    read: (given) => given.split(',').map((each) => chosen(each, choices)),
  };
}

/**
 * The number that a text is, or `undefined` when it is not a whole number within the bounds.
 *
 * @param {string} given
 * @param {{ from: number, to: number }} bounds both included
 */
export function toWholeNumber(given, { from, to }) {
  const value = Number(given);
  return /^\d+$/.test(given) && value >= from && value <= to ? value : undefined;
}

/**
 * What {@link toWholeNumber} takes, in words.
 *
 * @param {{ from: number, to: number }} bounds
 */
export function wholeNumbersWithin({ from, to }) {
  return to === Number.MAX_SAFE_INTEGER ? `a whole number from ${from} on` : `a whole number from ${from} to ${to}`;
}

/**
 * @template {number | undefined} Default
 * @param {string} about
 * @param {string} argument
 * @param {{ default: Default, shownDefault?: string }} how
 * @param {(given: string) => number} read
 * @returns {Option<number | Default>}
 */
function numeric(about, argument, how, read) {
  const shownDefault = how.shownDefault ?? (how.default === undefined ? undefined : `${how.default}`);
  return {
    about,
    argument,
    default: how.default,
    ...(shownDefault !== undefined && { shownDefault }),
    read,
  };
}

/**
 * @param {Option<unknown>} option
 * @param {string} name as it was written
 * @param {string} given
 */
function valueOf(option, name, given) {
  try {
    return option.read(given);
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    throw new CommandLineError(`${name} ${given} ${error.message}`, { cause: error });
  }
}

/**
 * @param {string} given
 * @param {readonly string[]} choices
 */
function chosen(given, choices) {
  if (choices.includes(given)) return given;
  throw new CommandLineError(`is not one of ${listed(choices)}`);
}

/** @param {readonly string[]} choices */
function listed(choices) {
  return choices.map((choice) => `'${choice}'`).join(', ');
}
