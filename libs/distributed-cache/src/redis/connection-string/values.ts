import { InvalidConnectionStringError } from '../../errors.js';
import { isValidHost } from './parse-endpoint.js';
import { isPlaceholder } from './placeholder.js';
import type { RedisProtocol, RedisTlsVersion } from './settings.js';

// The errors of these functions never repeat the value: when a password contains a comma, its rest is read as the next option.

const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off']);

/** The longest delay of a timer of Node.js, and the greatest signed number of 32 bits. */
const MOST = 2_147_483_647;

const TLS_VERSIONS: ReadonlyMap<string, RedisTlsVersion> = new Map([
  ['tls12', 'TLSv1.2'],
  ['tls13', 'TLSv1.3'],
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
export function parseWholeNumber(key: string, value: string, least: number): number {
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= MOST)) {
    throw refusal(key, `a whole number from ${least} to ${MOST}`);
  }
  return number;
}

/** @internal */
export function parseProtocol(key: string, value: string): RedisProtocol {
  const protocol = PROTOCOLS.get(value.toLowerCase());
  if (protocol === undefined) {
    throw refusal(key, '2, 3, resp2 or resp3');
  }
  return protocol;
}

/** @internal */
export function parseTlsVersions(key: string, value: string): TlsVersionRange {
  const versions = value.split('|').map((name) => TLS_VERSIONS.get(name.trim().toLowerCase()));
  if (versions.includes(undefined)) {
    throw refusal(key, "tls12, tls13, or both joined by '|'");
  }
  return {
    minVersion: versions.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: versions.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
  };
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
