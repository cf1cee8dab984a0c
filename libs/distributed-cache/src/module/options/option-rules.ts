import { describeValue } from '../../common/describe-value.js';
import { milliseconds } from '../../common/duration.js';
import { InvalidOptionsError } from '../../errors.js';

const HOUR = 3_600_000;

/** A JavaScript `Map`, in which the entries are held, takes no more. */
const MAX_ENTRIES = 2 ** 24;

/*
 * Each rule takes a value as it was given and the path of its option, and gives what it stands for or throws an
 * `InvalidOptionsError` that names the option, the value and what is allowed.
 */

/** @internal */
export function notAllowed(option: string, value: string, allowed: string): never {
  throw new InvalidOptionsError(`${option}: ${value} is not allowed; allowed: ${allowed}.`);
}

/** @internal */
export function oneOf<T extends string>(allowed: readonly T[], value: unknown, option: string): T {
  const found = allowed.find((candidate) => candidate === value);
  return found ?? notAllowed(option, describeValue(value), allowed.map((candidate) => `'${candidate}'`).join(', '));
}

/** @internal */
export function flag(value: unknown, option: string): boolean {
  return typeof value === 'boolean'
    ? value
    : notAllowed(option, describeValue(value), 'true or false, not as a string');
}

/** @internal */
export function count(value: unknown, option: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  return notAllowed(option, describeValue(value), 'a positive integer');
}

/** @internal */
export function entryCount(value: unknown, option: string): number {
  const allowed = `an integer from 1 to ${MAX_ENTRIES}: the number of entries is always bounded`;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_ENTRIES) return value;
  return notAllowed(option, describeValue(value), allowed);
}

/** @internal */
export function replicaCount(value: unknown, option: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return notAllowed(option, describeValue(value), 'a number of replicas: 0, 1, 2, …');
}

/** A share of something: at least 0, below 1. @internal */
export function share(value: unknown, option: string): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  return notAllowed(option, describeValue(value), 'a number of at least 0 and below 1');
}

/** @internal */
export function timeToLive(value: unknown, option: string): number {
  const ttl = milliseconds(value, option);
  if (ttl > 0) return ttl;
  return notAllowed(
    option,
    describeValue(value),
    'a duration above 0, for example \'5m\', or Infinity for "until evicted"; not to cache at all, set enabled: false',
  );
}

/** @internal */
export function staleness(value: unknown, option: string): number {
  const bound = milliseconds(value, option);
  if (bound === Infinity || (bound >= 300 && bound <= HOUR)) return bound;
  return notAllowed(option, describeValue(value), "a duration from '300ms' to '1h', or Infinity for no bound");
}

/** A wait of up to an hour; timers of Node end at once when they are asked for more than 24 days. @internal */
export function wait(value: unknown, option: string): number {
  const time = milliseconds(value, option);
  return time <= HOUR ? time : notAllowed(option, describeValue(value), "a duration from 0 (do not wait) to '1h'");
}

/** As {@link wait}, but not 0. @internal */
export function timeLimit(value: unknown, option: string): number {
  const time = milliseconds(value, option);
  return time >= 1 && time <= HOUR ? time : notAllowed(option, describeValue(value), "a duration from '1ms' to '1h'");
}

/** The name stands in braces in front of every Redis key: a brace in it would move the keys to different slots. @internal */
export function namespaceName(value: unknown, option: string): string {
  if (typeof value === 'string' && isNamespace(value)) return value;
  return notAllowed(
    option,
    describeValue(value),
    "1 to 200 characters without white space, control characters, '{' and '}', for example 'shop:production'",
  );
}

function isNamespace(text: string): boolean {
  return text !== '' && text.length <= 200 && text.isWellFormed() && !/[\s\p{Cc}{}]/u.test(text);
}
