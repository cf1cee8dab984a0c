import { InvalidConnectionStringError } from '../../errors.js';
import { isValidHost } from './parse-endpoint.js';
import { isPlaceholder } from './placeholder.js';
import type { RedisAddressFamily, RedisProtocol, RedisTlsVersion } from './settings.js';

// The errors of these functions never repeat the value: when a password contains a comma, its rest is read as the next option.

const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off']);

/** The longest delay of a timer of Node.js, and the greatest signed number of 32 bits. */
const MOST = 2_147_483_647;

/** By the names and the numbers of the type `SslProtocols` of .NET. */
const TLS_VERSIONS: ReadonlyMap<string, RedisTlsVersion> = new Map([
  ['tls12', 'TLSv1.2'],
  ['3072', 'TLSv1.2'],
  ['tls13', 'TLSv1.3'],
  ['12288', 'TLSv1.3'],
]);

/** Versions that .NET knows and that Node.js does not speak without further ado. */
const OLD_TLS_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['ssl2', 'ssl2'],
  ['12', 'ssl2'],
  ['ssl3', 'ssl3'],
  ['48', 'ssl3'],
  ['tls', 'tls'],
  ['192', 'tls'],
  // It is `ssl3|tls`, whatever its name says.
  ['default', 'default'],
  ['240', 'default'],
  ['tls11', 'tls11'],
  ['768', 'tls11'],
]);

const PROTOCOLS: ReadonlyMap<string, RedisProtocol> = new Map([
  ['2', 2],
  ['resp2', 2],
  ['3', 3],
  ['resp3', 3],
]);

/** The TLS versions that `sslProtocols` allows. @internal */
export interface TlsVersionRange {
  readonly minVersion: RedisTlsVersion;
  readonly maxVersion: RedisTlsVersion;
  /** The older versions that were named as well. */
  readonly leftOut: readonly string[];
}

/** Any text, `''` included. @internal */
export function parseText(key: string, value: string): string {
  if (isPlaceholder(value)) {
    throw new InvalidConnectionStringError(
      `Redis connection string: '${key}' is a placeholder (such as '<${key}>', '...' or '\${${key}}'), not a value; replace it with the real value.`,
    );
  }
  return value;
}

/** @internal */
export function parseBoolean(key: string, value: string): boolean {
  const word = value.toLowerCase();
  if (TRUE.has(word)) {
    return true;
  }
  if (FALSE.has(word)) {
    return false;
  }
  throw refusal(key, 'true or false, 1 or 0, yes or no, on or off');
}

/** @internal */
export function parseWholeNumber(key: string, value: string, least: number, besides = ''): number {
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= MOST)) {
    throw refusal(key, `a whole number from ${least} to ${MOST}${besides}`);
  }
  return number;
}

/** As {@link parseWholeNumber}, or `undefined` for -1, by which StackExchange.Redis means the default. @internal */
export function parseNumberOrDefault(key: string, value: string): number | undefined {
  return value === '-1' ? undefined : parseWholeNumber(key, value, 0, ', or -1 for the default');
}

/** @internal */
export function parseProtocol(key: string, value: string): RedisProtocol {
  const protocol = PROTOCOLS.get(value.toLowerCase());
  if (protocol === undefined) {
    throw refusal(key, '2, 3, resp2 or resp3');
  }
  return protocol;
}

/** `undefined`: the versions that Node.js allows, which `None` asks for in .NET. @internal */
export function parseTlsVersions(key: string, value: string): TlsVersionRange | undefined {
  const names = value.split('|').map((name) => name.trim().toLowerCase());
  if (names.every((name) => name === 'none' || name === '0')) return undefined;
  const versions = names.flatMap((name) => TLS_VERSIONS.get(name) ?? []);
  const leftOut = names.flatMap((name) => OLD_TLS_VERSIONS.get(name) ?? []);
  if (versions.length === 0 || versions.length + leftOut.length < names.length) {
    throw refusal(key, "tls12, tls13, or both joined by '|'; older versions beside them are left out");
  }
  return {
    minVersion: versions.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: versions.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
    leftOut,
  };
}

/** @internal */
export function parseFamily(key: string, value: string): RedisAddressFamily {
  switch (value) {
    case '0':
      return 0;
    case '4':
      return 4;
    case '6':
      return 6;
    default:
      throw refusal(key, '0 (any address), 4 (IPv4) or 6 (IPv6)');
  }
}

/** @internal */
export function parseHostName(key: string, value: string): string {
  if (!isValidHost(parseText(key, value))) {
    throw refusal(key, 'a host name or an IP address');
  }
  return value;
}

function refusal(key: string, allowed: string): InvalidConnectionStringError {
  return new InvalidConnectionStringError(
    `Redis connection string: the value of '${key}' is not allowed; allowed: ${allowed}.`,
  );
}
