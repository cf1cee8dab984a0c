import { InvalidConnectionStringError } from '../../errors.js';
import type { ParsedConnection } from './defaults.js';
import { OptionsReader } from './options-reader.js';
import { EFFECTIVE, withOption, type ConnectionOptions } from './options.js';
import { isValidHost, parseNetworkEndpoint } from './parse-endpoint.js';
import { parseScheme, type UrlScheme } from './url-scheme.js';
import { parseWholeNumber } from './values.js';

const CREDENTIALS_ONCE =
  "one user reaches all servers here: write the credentials once, as in redis://user:password@host1,host2. If the password contains ',' or '@', percent-encode that character ('%2C', '%40').";

const AFTER_CREDENTIALS =
  "It stands after the credentials and is not shown: if the password contains '@', ':' or ',', percent-encode that character ('%40', '%3A', '%2C').";

/** Whether the text begins with `scheme://`. Any other text is in StackExchange.Redis syntax. @internal */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/**
 * Reads `redis://[user[:password]@]host[:port][,host[:port]…][/db]` and
 * `redis+sentinel://[user[:password]@]host[:port],…/service[/db]`, and the same with `rediss` for TLS. Each host may have the credentials
 * before it, if they are the same everywhere.
 *
 * The query takes the options of StackExchange.Redis under the same names (`?connectTimeout=2000&channelPrefix=shop`), except those that
 * another part of the URL sets. Every part is percent-decoded; `+` stays `+`. The class `URL` is not used, because its error holds the
 * whole input, password included.
 *
 * @throws {InvalidConnectionStringError}
 *
 * @internal
 */
export function parseRedisUrl(text: string): ParsedConnection {
  const schemeEnd = text.indexOf('://');
  const scheme = parseScheme(text.slice(0, schemeEnd));
  const { authority, path, query } = splitParts(text.slice(schemeEnd + 3), scheme);
  const { credentials, hosts } = splitAuthority(authority);

  const hidden = credentials === undefined ? undefined : AFTER_CREDENTIALS;
  const endpoints = hosts.map((host, index) =>
    parseNetworkEndpoint(decode(host, 'host'), { position: index + 1, syntax: 'url', hidden }),
  );
  const { options, ignored } = parseQuery(query);

  return {
    syntax: 'url',
    endpoints,
    ignored,
    options: {
      ...options,
      ssl: scheme.ssl,
      ...credentials,
      ...(scheme.sentinel ? parseSentinelPath(path) : parseDatabasePath(path)),
    },
  };
}

function splitParts(rest: string, { sentinel }: UrlScheme): { authority: string; path: string; query: string } {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const remainder = rest.slice(authority.length);
  if (remainder.includes('@')) {
    // The text that was read as the host is part of the password then, so the message shows nothing of it.
    throw new InvalidConnectionStringError(
      "Redis connection string: an '@' stands after the host of the URL; if the password contains '/', '?', '#' or '@', percent-encode that character ('%2F', '%3F', '%23', '%40').",
    );
  }
  if (remainder.includes('#')) {
    const meant = sentinel
      ? ', and write the name of the primary in the path, as in redis+sentinel://host1,host2/service'
      : '';
    throw new InvalidConnectionStringError(
      `Redis connection string: a '#' stands after the host of the URL, which means nothing here; remove it and what follows it${meant}.`,
    );
  }
  const question = remainder.indexOf('?');
  return question === -1
    ? { authority, path: remainder, query: '' }
    : { authority, path: remainder.slice(0, question), query: remainder.slice(question + 1) };
}

/** The hosts, and the credentials that stand before the first of them, or before each. */
function splitAuthority(authority: string): { credentials: ConnectionOptions | undefined; hosts: readonly string[] } {
  const parts = authority.split(',');
  const at = authority.lastIndexOf('@');
  const rest = authority.slice(at + 1).split(',');
  if (rest.some((host) => host.includes('=')) || parts.some(isOption)) {
    throw new InvalidConnectionStringError(
      "Redis connection string: it mixes two syntaxes; leave 'redis://' out, as in host:6379,password=…,ssl=True, or write a URL, as in redis://user:password@host:6379?connectTimeout=2000.",
    );
  }
  if (parts.filter((part) => part.includes('@')).length > 1) return splitRepeatedCredentials(parts);
  if (beginsWithHosts(authority.slice(0, Math.max(at, 0)).split(','))) {
    throw new InvalidConnectionStringError(
      `Redis connection string: the URL seems to have its credentials before a later host, and none before the first; ${CREDENTIALS_ONCE}`,
    );
  }
  return { credentials: at === -1 ? undefined : parseCredentials(authority.slice(0, at)), hosts: rest };
}

/**
 * Whether what stands before the only '@', split at commas, is rather `host1,user:password` than a user and a password with a comma in it.
 * Taken as the latter, it would be sent to the last host as credentials, and the other hosts would be forgotten.
 */
function beginsWithHosts(parts: readonly string[]): boolean {
  const hosts = parts.slice(0, -1);
  const [first] = hosts;
  if (first === undefined) return false;
  // No user has a comma in his name; `u:12,34` is a password, unless a further ':' shows where the user and the password are.
  if (!first.includes(':')) return true;
  return parts.at(-1)?.includes(':') === true && hosts.every(isHostWithPort);
}

function isHostWithPort(text: string): boolean {
  const [, bracketed, plain] = /^(?:\[(.*)\]|([^:]*))(?::\d{1,5})?$/.exec(text) ?? [];
  return isValidHost(bracketed ?? plain ?? '');
}

/** Whether the text is an option as StackExchange.Redis writes it. */
function isOption(text: string): boolean {
  return EFFECTIVE.has(/^ *(\w+) *=/.exec(text)?.[1]?.toLowerCase() ?? '');
}

/** `user:password@host1,user:password@host2`, as other clients take it. One user reaches all servers here. */
function splitRepeatedCredentials(parts: readonly string[]): ReturnType<typeof splitAuthority> {
  const split = parts.map((part) => ({ at: part.lastIndexOf('@'), part }));
  const given = split.filter(({ at }) => at !== -1).map(({ at, part }) => parseCredentials(part.slice(0, at)));
  const [first, ...others] = given;
  const areEqual = others.every(({ user, password }) => user === first?.user && password === first?.password);
  if (split[0]?.at === -1 || !areEqual) {
    throw new InvalidConnectionStringError(
      `Redis connection string: several hosts of the URL have credentials, and not the same ones; ${CREDENTIALS_ONCE}`,
    );
  }
  return { credentials: first, hosts: split.map(({ at, part }) => part.slice(at + 1)) };
}

function parseCredentials(userInfo: string): ConnectionOptions {
  const colon = userInfo.indexOf(':');
  const user = colon === -1 ? userInfo : userInfo.slice(0, colon);
  const named = withOption({}, 'user', decode(user, 'user'));
  return colon === -1 ? named : withOption(named, 'password', decode(userInfo.slice(colon + 1), 'password'));
}

function parseDatabasePath(path: string): ConnectionOptions {
  const database = path.slice(1);
  return database === '' ? {} : parseDatabase(database);
}

function parseSentinelPath(path: string): ConnectionOptions {
  const [service = '', database = '', ...more] = path.slice(1).split('/');
  if (service === '' || more.length > 0) {
    throw new InvalidConnectionStringError(
      'Redis connection string: the path of a redis+sentinel:// URL must name the primary, as in redis+sentinel://host1,host2/service, or …/service/2 for database 2.',
    );
  }
  const named = withOption({}, 'serviceName', decode(service, 'service'));
  return database === '' ? named : { ...named, ...parseDatabase(database) };
}

function parseDatabase(text: string): ConnectionOptions {
  return { defaultDatabase: parseWholeNumber('defaultDatabase', decode(text, 'database'), 0) };
}

function parseQuery(query: string): ReturnType<OptionsReader['finish']> {
  const reader = new OptionsReader('url');
  for (const [index, pair] of query.split('&').entries()) {
    if (pair === '') {
      continue;
    }
    const equals = pair.indexOf('=');
    const key = decode(equals === -1 ? pair : pair.slice(0, equals), 'query');
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1), 'query');
    reader.read({ key, value, position: index + 1 });
  }
  return reader.finish();
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Without a cause: it could hold the secret.
    throw new InvalidConnectionStringError(
      `Redis connection string: the ${part} of the URL contains a '%' that does not begin a percent-encoded character; write '%25' for a '%'.`,
    );
  }
}
