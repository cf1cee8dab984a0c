import { describeValue } from './describe-value.js';
import { InvalidOptionsError } from '../errors.js';

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** @inline */
type DurationUnit = keyof typeof MILLISECONDS;

/**
 * A length of time: a number of milliseconds, or a number with a unit, such as `'300ms'`, `'10s'` or `'1.5h'`. A wrong unit does not
 * compile.
 *
 * @publicApi
 */
export type Duration = number | `${number}${DurationUnit}`;

const ALLOWED = "a number of milliseconds, or a number followed by 'ms', 's', 'm', 'h' or 'd', for example '10s'";

/**
 * Turns the text of a setting, such as an environment variable, into a {@link Duration}: `'90s'`, `'1.5h'`, `'Infinity'`. A number needs a
 * unit: `'60'` may be meant as seconds or as milliseconds.
 *
 * @throws {InvalidOptionsError} when the text is not a duration
 *
 * @publicApi
 */
export function duration(text: string): Duration {
  return milliseconds(text, 'duration');
}

/**
 * The length of a duration in milliseconds.
 *
 * @param option - the option that has the value, for the error
 * @param describe - the form in which the error shows the value
 * @param hint - what the error says at its end; it begins with a blank
 * @throws {InvalidOptionsError} when it is not a duration, is negative or is not a number
 *
 * @internal
 */
export function milliseconds(value: unknown, option: string, describe = describeValue, hint = ''): number {
  const parsed = typeof value === 'number' ? value : typeof value === 'string' ? parse(value.trim()) : Number.NaN;
  if (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim())) {
    throw new InvalidOptionsError(
      `${option}: ${describe(value)} has no unit, and a text needs one, since it could mean seconds or milliseconds, for example '60s' or '60ms'.`,
    );
  }
  if (Number.isNaN(parsed) || parsed < 0) {
    throw new InvalidOptionsError(`${option}: ${describe(value)} is not a duration; allowed: ${ALLOWED}.${hint}`);
  }
  return parsed;
}

function parse(text: string): number {
  if (text === 'Infinity') return Infinity;
  const [, amount, unit] = /^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h|d)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined || !isUnit(unit)) return Number.NaN;
  const parsed = Number(amount) * MILLISECONDS[unit];
  // Too many digits overflow to Infinity, which means "for ever": that must be asked for by its name.
  return Number.isFinite(parsed) ? parsed : Number.NaN;
}

function isUnit(text: string): text is DurationUnit {
  return Object.hasOwn(MILLISECONDS, text);
}
