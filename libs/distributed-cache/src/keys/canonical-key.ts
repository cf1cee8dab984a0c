import { createHash, hash } from 'node:crypto';
import { describeValue } from '../common/describe-value.js';
import { InvalidKeyError } from '../errors.js';

/**
 * The key of one entry in its region: a string, a finite number (the same key as its decimal string), or a non-empty list of these, for
 * example `[tenantId, productId]`.
 *
 * No two different keys collide. A key of more than 512 bytes is stored and sent as its SHA-256.
 *
 * @publicApi
 */
export type CacheKey = string | number | readonly (string | number)[];

/** The first characters of a key made by `defaultKey`. Callers pass such keys on, so `canonicalKey` does not escape them. @internal */
export const ARGUMENTS_PREFIX = '\u0000args:';

const LIST_PREFIX = '\u0000list:';
const HASH_PREFIX = '\u0000hash:';
const ESCAPE_PREFIX = '\u0000string:';
const RESPONSE_PREFIX = '\u0000http:';
const RESERVED_PREFIXES = [LIST_PREFIX, HASH_PREFIX, ESCAPE_PREFIX, RESPONSE_PREFIX];

/** A longer key is stored and sent as its SHA-256. */
const MAX_BYTES = 512;

/** A string of this length never takes more than {@link MAX_BYTES}: a UTF-16 code unit takes at most three bytes in UTF-8. */
const SURELY_SHORT = Math.floor(MAX_BYTES / 3);

/** A byte that UTF-8 never contains: a hash that begins with it cannot collide with that of a well-formed text. */
const NOT_UTF8 = Uint8Array.of(0xff);

const ALLOWED = 'a string, a finite number or a non-empty list of these';

/**
 * The string under which the entry of `key` is stored and sent. Different keys have different strings; a number and its decimal string
 * are the same key.
 *
 * Not idempotent: the result is not a {@link CacheKey}, and applying the function to it may give another string.
 *
 * @param where - what an error names before anything else, for example `'@Cacheable on Products.find: key'`
 * @throws {InvalidKeyError} when `key` is neither a string, nor a finite number, nor a non-empty list of these
 *
 * @internal
 */
export function canonicalKey(key: CacheKey, where?: string): string {
  // Every hit runs this. The rare cases are in another function, so that this one stays small enough to be inlined.
  return typeof key === 'string' && key.length <= SURELY_SHORT && key.charCodeAt(0) !== 0
    ? key
    : madeCanonical(key, where);
}

function madeCanonical(key: CacheKey, where: string | undefined): string {
  const prefix = where === undefined ? '' : `${where}: `;
  if (typeof key === 'string') return bounded(escaped(key));
  if (typeof key === 'number') return partOf(key, `${prefix}The key`);
  if (Array.isArray(key)) return bounded(listOf(key, prefix));
  throw new InvalidKeyError(`${prefix}The key is ${describeValue(key)}; allowed: ${ALLOWED}. ${remedyFor(key)}`);
}

/**
 * The string under which a response over HTTP is stored. No key of an application is the same.
 *
 * @param text - different for different requests
 *
 * @internal
 */
export function responseKey(text: string): string {
  return bounded(RESPONSE_PREFIX + text);
}

/**
 * The string under which a tag or a region is stored and sent. Not idempotent, like {@link canonicalKey}.
 *
 * @throws {InvalidKeyError} when `name` is not a non-empty string
 *
 * @internal
 */
export function canonicalName(kind: 'tag' | 'region', name: string, where?: string): string {
  if (typeof name !== 'string' || name === '') {
    const prefix = where === undefined ? '' : `${where}: `;
    throw new InvalidKeyError(`${prefix}The name of a ${kind} is ${describeValue(name)}; allowed: a non-empty string.`);
  }
  return canonicalKey(name);
}

/** Escapes strings that begin with a reserved prefix, so that they cannot collide with internal keys. */
function escaped(text: string): string {
  return RESERVED_PREFIXES.some((prefix) => text.startsWith(prefix)) ? ESCAPE_PREFIX + text : text;
}

/** JSON keeps the parts apart, and escapes lone surrogates instead of replacing them. */
function listOf(parts: readonly unknown[], prefix: string): string {
  if (parts.length === 0) throw new InvalidKeyError(`${prefix}The key is an empty list; allowed: ${ALLOWED}.`);
  // `Array.from` visits holes too; `map` would skip them, and JSON would write null.
  return (
    LIST_PREFIX +
    JSON.stringify(Array.from(parts, (part, index) => partOf(part, `${prefix}Part ${index + 1} of the key`)))
  );
}

function partOf(part: unknown, where: string): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'number' && Number.isFinite(part)) return decimal(part);
  throw new InvalidKeyError(
    `${where} is ${describeValue(part)}; allowed: a string or a finite number. ${remedyFor(part)}`,
  );
}

/** The shortest decimal digits from which the number can be read again, without an exponent. */
function decimal(value: number): string {
  const text = String(value);
  if (Number.isSafeInteger(value)) return text;
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
  // UTF-8 replaces every lone surrogate by the same character, so different keys would have the same hash.
  return createHash('sha256').update(NOT_UTF8).update(text, 'utf16le').digest('hex');
}

function remedyFor(value: unknown): string {
  if (value === undefined || value === null)
    return 'Check where the key is made: the value that it is made of is missing.';
  if (typeof value === 'number') return 'Check the calculation that gives it.';
  if (typeof value === 'object' || typeof value === 'function') return 'Give its id, or defaultKey(value).';
  return 'Convert it to a string.';
}
