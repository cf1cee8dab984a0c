import { InvalidConnectionStringError } from '../../errors.js';
import type { ParsedConnection } from './defaults.js';
import { parseNetworkEndpoint } from './parse-endpoint.js';
import { recognizeOption, withOption, type ConnectionOptions, type OptionKey } from './options.js';

/** The options that another part of the URL sets, with that part. The query must not contain them. */
const SET_ELSEWHERE: ReadonlyMap<OptionKey, string> = new Map([
  ['user', 'before the host, as in redis://user:password@host'],
  ['password', 'before the host, as in redis://user:password@host'],
  ['ssl', 'in the scheme: rediss:// is TLS, redis:// is not'],
  ['defaultDatabase', 'in the path, as in redis://host/2'],
  ['serviceName', 'in the path of redis+sentinel://host1,host2/service'],
]);

const SCHEMES: ReadonlyMap<string, { ssl: boolean; sentinel: boolean }> = new Map([
  ['redis', { ssl: false, sentinel: false }],
  ['rediss', { ssl: true, sentinel: false }],
  ['redis+sentinel', { ssl: false, sentinel: true }],
  ['rediss+sentinel', { ssl: true, sentinel: true }],
]);

/** Whether the text begins with `scheme://`. Any other text is in StackExchange.Redis syntax. @internal */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/**
 * Reads `redis://[user[:password]@]host[:port][,host[:port]…][/db]` and
 * `redis+sentinel://[user[:password]@]host[:port],…/service[/db]`, and the same with `rediss` for TLS.
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
  const { authority, path, query } = splitParts(text.slice(schemeEnd + 3));
  const at = authority.lastIndexOf('@');

  const endpoints = authority
    .slice(at + 1)
    .split(',')
    .map((host, index) => parseNetworkEndpoint(decode(host, 'host'), { position: index + 1, mayBeSecret: false }));
  const { options, ignored } = parseQuery(query);

  return {
    endpoints,
    ignored,
    options: {
      ...options,
      ssl: scheme.ssl,
      ...(at === -1 ? {} : parseCredentials(authority.slice(0, at))),
      ...(scheme.sentinel ? parseSentinelPath(path) : parseDatabasePath(path)),
    },
  };
}

function parseScheme(name: string): { ssl: boolean; sentinel: boolean } {
  const scheme = SCHEMES.get(name.toLowerCase());
  if (scheme === undefined) {
    const shown = name.length <= 16 ? `'${name}://'` : 'its scheme';
    throw new InvalidConnectionStringError(
      `Redis connection string: it is a URL, but ${shown} is not a scheme of Redis; allowed: redis://, rediss:// (TLS), redis+sentinel://, rediss+sentinel://. A unix socket is written '!/path/to.sock'.`,
    );
  }
  return scheme;
}

function splitParts(rest: string): { authority: string; path: string; query: string } {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const remainder = rest.slice(authority.length);
  if (remainder.includes('@') || remainder.includes('#')) {
    // The text that was read as the host is part of the password then, so the message shows nothing of it.
    throw new InvalidConnectionStringError(
      "Redis connection string: an '@' or '#' stands after the host of the URL; if the password contains '/', '?', '#' or '@', percent-encode that character ('%2F', '%3F', '%23', '%40').",
    );
  }
  const question = remainder.indexOf('?');
  return question === -1
    ? { authority, path: remainder, query: '' }
    : { authority, path: remainder.slice(0, question), query: remainder.slice(question + 1) };
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
  return withOption({}, 'defaultDatabase', decode(text, 'database'));
}

function parseQuery(query: string): { options: ConnectionOptions; ignored: string[] } {
  const ignored: string[] = [];
  let options: ConnectionOptions = {};
  for (const pair of query.split('&')) {
    if (pair === '') {
      continue;
    }
    const equals = pair.indexOf('=');
    const key = decode(equals === -1 ? pair : pair.slice(0, equals), 'query');
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1), 'query');
    const option = recognizeOption(key);
    if ('ignored' in option) {
      ignored.push(option.ignored);
      continue;
    }
    const elsewhere = SET_ELSEWHERE.get(option.effective);
    if (elsewhere !== undefined) {
      throw new InvalidConnectionStringError(
        `Redis connection string: '${option.effective}' is not allowed in the query of a URL; it belongs ${elsewhere}.`,
      );
    }
    options = withOption(options, option.effective, value);
  }
  return { options, ignored };
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
