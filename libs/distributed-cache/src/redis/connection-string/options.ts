import type { ConnectionSyntax } from './parse-endpoint.js';
import type { RedisAddressFamily, RedisProtocol } from './settings.js';
import {
  parseBoolean,
  parseFamily,
  parseHostName,
  parseNumberOrDefault,
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
  readonly family?: RedisAddressFamily | undefined;
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
    case 'asyncTimeout':
    case 'syncTimeout':
      return { ...options, [key]: parseWholeNumber(key, value, 1) };
    case 'connectRetry':
      return { ...options, [key]: parseWholeNumber(key, value, 0) };
    case 'keepAlive':
    case 'defaultDatabase':
      return { ...options, [key]: parseNumberOrDefault(key, value) };
    case 'sslHost':
      return { ...options, sslHost: value === '' ? undefined : parseHostName(key, value) };
    case 'sslProtocols':
      return { ...options, sslProtocols: parseTlsVersions(key, value) };
    case 'protocol':
      return { ...options, protocol: parseProtocol(key, value) };
    case 'family':
      return { ...options, family: parseFamily(key, value) };
    default:
      return key satisfies never;
  }
}

/** The options that have an effect, by their names in lower case. @internal */
export const EFFECTIVE: ReadonlyMap<string, OptionKey> = byFoldedName([
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
  'family',
]);

/** The options of StackExchange.Redis that mean nothing here, by their names in lower case. @internal */
export const WITHOUT_EFFECT: ReadonlyMap<string, string> = byFoldedName([
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

/** The options that a URL says in another part than the query, with that part. */
const PLACE_IN_URL: ReadonlyMap<OptionKey, string> = new Map([
  ['user', 'before the host, as in redis://user:password@host'],
  ['password', 'before the host, as in redis://user:password@host'],
  ['ssl', 'in the scheme: rediss:// is TLS, redis:// is not'],
  ['defaultDatabase', 'in the path, as in redis://host/2'],
  ['serviceName', 'in the path of redis+sentinel://host1,host2/service'],
]);

/**
 * Why an option is not taken where it stands, and where it is; `undefined` when it is taken.
 *
 * @param shown - how the message names the option
 *
 * @internal
 */
export function misplaced(option: OptionKey, syntax: ConnectionSyntax, shown: string): string | undefined {
  if (syntax === 'stackexchange') {
    // StackExchange.Redis refuses the whole string because of an option that it does not know.
    return option === 'family'
      ? `${shown} is not an option of StackExchange.Redis; remove it, and write redis: { family: 6 } in code, or the whole string as a URL with ?family=6`
      : undefined;
  }
  const place = PLACE_IN_URL.get(option);
  return place && `${shown} is not allowed in the query of a URL; it belongs ${place}`;
}

/** The options that this syntax takes, for messages. @internal */
export function allowedOptions(syntax: ConnectionSyntax): string {
  return [...EFFECTIVE.values()].filter((option) => misplaced(option, syntax, '') === undefined).join(', ');
}

function byFoldedName<Name extends string>(names: readonly Name[]): ReadonlyMap<string, Name> {
  return new Map(names.map((name) => [name.toLowerCase(), name]));
}
