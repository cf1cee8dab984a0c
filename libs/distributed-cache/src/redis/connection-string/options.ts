import { InvalidConnectionStringError } from '../../errors.js';
import type { RedisProtocol } from './settings.js';
import {
  parseBoolean,
  parseHostName,
  parseProtocol,
  parseText,
  parseTlsVersions,
  parseWholeNumber,
  type TlsVersionRange,
} from './values.js';

/** The options that a connection string gives. @internal */
export interface ConnectionOptions {
  readonly password?: string | undefined;
  readonly user?: string | undefined;
  readonly ssl?: boolean | undefined;
  readonly sslHost?: string | undefined;
  readonly sslProtocols?: TlsVersionRange | undefined;
  readonly abortConnect?: boolean | undefined;
  readonly connectTimeout?: number | undefined;
  readonly connectRetry?: number | undefined;
  readonly asyncTimeout?: number | undefined;
  readonly syncTimeout?: number | undefined;
  readonly keepAlive?: number | undefined;
  readonly defaultDatabase?: number | undefined;
  readonly channelPrefix?: string | undefined;
  readonly name?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly sentinelUser?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  readonly protocol?: RedisProtocol | undefined;
}

/** @internal */
export type OptionKey = keyof ConnectionOptions;

/**
 * Adds one option to those read so far. When an option is given twice, the last one counts, as in StackExchange.Redis.
 *
 * @throws {InvalidConnectionStringError} when the value is not allowed
 *
 * @internal
 */
export function withOption(options: ConnectionOptions, key: OptionKey, value: string): ConnectionOptions {
  switch (key) {
    case 'password':
    case 'user':
    case 'channelPrefix':
    case 'name':
    case 'serviceName':
    case 'sentinelUser':
    case 'sentinelPassword':
      return { ...options, [key]: parseText(key, value) };
    case 'ssl':
    case 'abortConnect':
      return { ...options, [key]: parseBoolean(key, value) };
    case 'connectTimeout':
    case 'connectRetry':
    case 'asyncTimeout':
    case 'syncTimeout':
      return { ...options, [key]: parseWholeNumber(key, value, 1) };
    case 'keepAlive':
    case 'defaultDatabase':
      return { ...options, [key]: parseWholeNumber(key, value, 0) };
    case 'sslHost':
      return { ...options, sslHost: value === '' ? undefined : parseHostName(key, value) };
    case 'sslProtocols':
      return { ...options, sslProtocols: parseTlsVersions(key, value) };
    case 'protocol':
      return { ...options, protocol: parseProtocol(key, value) };
    default:
      return key satisfies never;
  }
}

/**
 * The option that a key names, as StackExchange.Redis spells it, in upper or lower case.
 *
 * @throws {InvalidConnectionStringError} when there is no such option, or when it is not supported here
 *
 * @internal
 */
export function recognizeOption(key: string): { effective: OptionKey } | { ignored: string } {
  const folded = key.toLowerCase();
  const effective = EFFECTIVE.get(folded);
  if (effective !== undefined) {
    return { effective };
  }
  const ignored = WITHOUT_EFFECT.get(folded);
  if (ignored !== undefined) {
    return { ignored };
  }
  if (folded === 'proxy' || folded === 'tunnel') {
    throw new InvalidConnectionStringError(
      `Redis connection string: '${folded}' is not supported; remove it and connect to Redis directly.`,
    );
  }
  if (key.startsWith('$')) {
    throw new InvalidConnectionStringError(
      "Redis connection string: renamed commands ('$COMMAND=') are not supported; remove them and connect to a Redis that has the commands under their own names.",
    );
  }
  throw unknownKey(key);
}

const EFFECTIVE: ReadonlyMap<string, OptionKey> = byFoldedName([
  'password',
  'user',
  'ssl',
  'sslHost',
  'sslProtocols',
  'abortConnect',
  'connectTimeout',
  'connectRetry',
  'asyncTimeout',
  'syncTimeout',
  'keepAlive',
  'defaultDatabase',
  'channelPrefix',
  'name',
  'serviceName',
  'sentinelUser',
  'sentinelPassword',
  'protocol',
]);

const WITHOUT_EFFECT: ReadonlyMap<string, string> = byFoldedName([
  'resolveDns',
  'checkCertificateRevocation',
  'configCheckSeconds',
  'configChannel',
  'tiebreaker',
  'allowAdmin',
  'tcpKeepAlive',
  'setlib',
  'version',
  'highIntegrity',
  'highPriorityThreads',
  'preserveAsyncOrder',
  'responseTimeout',
  'writeBuffer',
  'heartbeatInterval',
]);

/** Names that other clients have for an option that exists here. */
const NAMES_ELSEWHERE: ReadonlyMap<string, OptionKey> = new Map([
  ['clientname', 'name'],
  ['username', 'user'],
  ['pwd', 'password'],
  ['db', 'defaultDatabase'],
  ['database', 'defaultDatabase'],
  ['tls', 'ssl'],
  ['abortonconnectfail', 'abortConnect'],
]);

function unknownKey(key: string): InvalidConnectionStringError {
  // The message repeats a key only if it looks like the name of an option. Otherwise it may be an access key whose `password=` was forgotten
  // (`AbC1…=`), or the rest of a password that contains a comma.
  const shown = /^[a-z]{1,32}$/i.test(key) ? `'${key}'` : 'a key (not shown, it may be part of a password)';
  const meant = NAMES_ELSEWHERE.get(key.toLowerCase());
  const hint = meant === undefined ? '' : ` It is called '${meant}' here.`;
  const allowed = [...EFFECTIVE.values()].join(', ');
  return new InvalidConnectionStringError(
    `Redis connection string: ${shown} is not an option.${hint} Allowed: ${allowed}. A value cannot contain a comma.`,
  );
}

function byFoldedName<Name extends string>(names: readonly Name[]): ReadonlyMap<string, Name> {
  return new Map(names.map((name) => [name.toLowerCase(), name]));
}
