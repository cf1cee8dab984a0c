import { createHash, hash } from 'node:crypto';
import { describeValue } from '../common/describe-value.js';
import { InvalidKeyError } from '../errors.js';

/** One key: a string, a number (its decimal string), or a list of parts. @publicApi */
export type CacheKey = string | number | readonly (string | number)[];

/** Begins what `defaultKey` makes of arguments; such a key may be given by hand, so it stays as it is. @internal */
export const ARGUMENTS_PREFIX = '\u0000args:';

const LIST_PREFIX = '\u0000list:';
const HASH_PREFIX = '\u0000hash:';
const ESCAPE_PREFIX = '\u0000string:';
const RESERVED_PREFIXES = [LIST_PREFIX, HASH_PREFIX, ESCAPE_PREFIX];

/** A longer key is stored and sent as its SHA-256. */
const MAX_BYTES = 512;

/** A UTF-16 unit takes at most three bytes in UTF-8, so no string of this length is above {@link MAX_BYTES}. */
const SURELY_SHORT = Math.floor(MAX_BYTES / 3);

/** Never part of UTF-8: what is hashed behind it collides with no well-formed text. */
const NOT_UTF8 = Uint8Array.of(0xff);

const ALLOWED = 'a string, a finite number or a non-empty list of these';

/**
 * The one string under which `key` is stored and sent. No two different keys have the same one; a number and its decimal string are
 * one key.
 *
 * Not idempotent: what it gives is no {@link CacheKey}, and a canonical key that is made canonical again is another one.
 *
 * @throws {InvalidKeyError} when `key` is neither a string, nor a finite number, nor a non-empty list of these
 *
 * @internal
 */
export function canonicalKey(key: CacheKey): string {
  // On the way of every hit: an ordinary key costs these checks, and the rest is elsewhere so that the compiler puts them inline.
  return typeof key === 'string' && key.length <= SURELY_SHORT && key.charCodeAt(0) !== 0 ? key : madeCanonical(key);
}

function madeCanonical(key: CacheKey): string {
  if (typeof key === 'string') return bounded(escaped(key));
  if (typeof key === 'number') return partOf(key, 'The key');
  if (Array.isArray(key)) return bounded(listOf(key));
  throw new InvalidKeyError(`The key is ${describeValue(key)}; allowed: ${ALLOWED}. ${remedyFor(key)}`);
}

/**
 * The one string by which a tag or a region is known. Not idempotent, like {@link canonicalKey}.
 *
 * @throws {InvalidKeyError} when `name` is not a non-empty string
 *
 * @internal
 */
export function canonicalName(kind: 'tag' | 'region', name: string): string {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidKeyError(`The name of a ${kind} is ${describeValue(name)}; allowed: a string that is not empty.`);
  }
  return canonicalKey(name);
}

/** A string that looks like one of ours is set apart, so that nobody can aim at another's key. */
function escaped(text: string): string {
  return RESERVED_PREFIXES.some((prefix) => text.startsWith(prefix)) ? ESCAPE_PREFIX + text : text;
}

/** JSON keeps the borders of the parts, and escapes lone surrogates instead of replacing them. */
function listOf(parts: readonly unknown[]): string {
  if (parts.length === 0) throw new InvalidKeyError(`The key is an empty list; allowed: ${ALLOWED}.`);
  // `Array.from` visits holes too, which `map` would leave to JSON as null.
  return LIST_PREFIX + JSON.stringify(Array.from(parts, (part, index) => partOf(part, `Part ${index + 1} of the key`)));
}

function partOf(part: unknown, where: string): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'number' && Number.isFinite(part)) return decimal(part);
  throw new InvalidKeyError(
    `${where} is ${describeValue(part)}; allowed: a string or a finite number. ${remedyFor(part)}`,
  );
}

/** The shortest digits that give the number again, without an exponent. */
function decimal(value: number): string {
  const text = String(value);
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const digits = whole + fraction;
  const shift = Number(exponent);
  return shift < 0 ? `${sign}0.${'0'.repeat(-shift - 1)}${digits}` : sign + digits.padEnd(shift + 1, '0');
}

function bounded(text: string): string {
  return text.length <= SURELY_SHORT || Buffer.byteLength(text) <= MAX_BYTES ? text : HASH_PREFIX + sha256(text);
}

function sha256(text: string): string {
  if (text.isWellFormed()) return hash('sha256', text);
  // UTF-8 turns every lone surrogate into the same replacement character: different keys would have one hash.
  return createHash('sha256').update(NOT_UTF8).update(text, 'utf16le').digest('hex');
}

function remedyFor(value: unknown): string {
  if (value === undefined || value === null) return 'Check where it is made: what it was taken from is missing.';
  if (typeof value === 'number') return 'Check the calculation it comes from.';
  if (typeof value === 'object' || typeof value === 'function')
    return 'Give the id that tells it from others, or defaultKey(value).';
  return 'Turn it into a string.';
}
