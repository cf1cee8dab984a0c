import { describeValue } from '../../common/describe-value.js';
import { milliseconds } from '../../common/duration.js';
import { InvalidOptionsError } from '../../errors.js';

const HOUR = 3_600_000;

/** The entries are held in a `Map`, which takes no more. */
const MAX_ENTRIES = 2 ** 24;

/*
 * Each rule takes the value of an option and the path of that option. It returns the value to use (a duration in milliseconds), or throws
 * an `InvalidOptionsError` that names the option, the value and what is allowed.
 */

/** Refuses a value; `value` is the value as the message shows it. @internal */
export function notAllowed(option: string, value: string, allowed: string): never {
  throw new InvalidOptionsError(`${option}: ${value} is not allowed; allowed: ${allowed}.`);
}

/** One of some texts. @internal */
export function oneOf<T extends string>(allowed: readonly T[], value: unknown, option: string): T {
  const found = allowed.find((candidate) => candidate === value);
  return found ?? notAllowed(option, describeValue(value), allowed.map((candidate) => `'${candidate}'`).join(', '));
}

/** `true` or `false`. @internal */
export function flag(value: unknown, option: string): boolean {
  return typeof value === 'boolean'
    ? value
    : notAllowed(option, describeValue(value), 'true or false, not as a string');
}

/** A positive integer. @internal */
export function count(value: unknown, option: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  return notAllowed(option, describeValue(value), 'a positive integer');
}

/** A bound of the number of entries. @internal */
export function entryCount(value: unknown, option: string): number {
  const allowed = `an integer from 1 to ${MAX_ENTRIES}: the number of entries is always bounded`;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_ENTRIES) return value;
  return notAllowed(option, describeValue(value), allowed);
}

/** A number of replicas: 0 or more. @internal */
export function replicaCount(value: unknown, option: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return notAllowed(option, describeValue(value), 'a number of replicas: 0, 1, 2, …');
}

/** A share: at least 0, below 1. @internal */
export function share(value: unknown, option: string): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  return notAllowed(option, describeValue(value), 'a number of at least 0 and below 1');
}

/** A TTL: above 0, or `Infinity`. @internal */
export function timeToLive(value: unknown, option: string): number {
  const ttl = milliseconds(value, option);
  if (ttl > 0) return ttl;
  return notAllowed(
    option,
    describeValue(value),
    'a duration above 0, for example \'5m\', or Infinity for "until evicted"; to switch caching off, set enabled: false',
  );
}

/** A bound of staleness: 300 ms to one hour, or `Infinity`. @internal */
export function staleness(value: unknown, option: string): number {
  const bound = milliseconds(value, option);
  if (bound === Infinity || (bound >= 300 && bound <= HOUR)) return bound;
  return notAllowed(option, describeValue(value), "a duration from '300ms' to '1h', or Infinity for no bound");
}

/** A time to wait: 0, which does not wait, to one hour. Timers of Node fire at once above 24 days. @internal */
export function wait(value: unknown, option: string): number {
  const time = milliseconds(value, option);
  return time <= HOUR ? time : notAllowed(option, describeValue(value), "a duration from 0 (do not wait) to '1h'");
}

/** A time limit or a delay: 1 ms to one hour. @internal */
export function timeLimit(value: unknown, option: string): number {
  const time = milliseconds(value, option);
  return time >= 1 && time <= HOUR ? time : notAllowed(option, describeValue(value), "a duration from '1ms' to '1h'");
}

/** A namespace. Every Redis key begins with it in braces; a brace in it would move the keys to different slots of a Cluster. @internal */
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
