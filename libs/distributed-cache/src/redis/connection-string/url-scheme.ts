import { InvalidConnectionStringError } from '../../errors.js';

/** What the scheme of a URL says. @internal */
export interface UrlScheme {
  readonly ssl: boolean;
  readonly sentinel: boolean;
}

const SCHEMES: ReadonlyMap<string, UrlScheme> = new Map(
  ['redis', 'valkey'].flatMap((name): [string, UrlScheme][] => [
    [name, { ssl: false, sentinel: false }],
    [`${name}s`, { ssl: true, sentinel: false }],
    [`${name}+sentinel`, { ssl: false, sentinel: true }],
    [`${name}s+sentinel`, { ssl: true, sentinel: true }],
  ]),
);

const ALLOWED =
  "allowed: redis://, rediss:// (TLS), redis+sentinel://, rediss+sentinel://, and the same with valkey. A unix socket is written '!/path/to.sock', without a scheme";

/** What the schemes of other clients are made of: `redis+tls`, `redis-sentinel`, `rediss+cluster`, `tcp`, `redis-socket`, `unix`, … */
const PLAIN_WORDS = ['redis', 'valkey', 'tcp'];
const TLS_WORDS = ['rediss', 'valkeys', 'tls', 'ssl'];
const SENTINEL_WORDS = ['sentinel', 'sentinels'];
const CLUSTER_WORDS = ['cluster'];
const SOCKET_WORDS = ['unix', 'socket'];
const KNOWN_WORDS = [PLAIN_WORDS, TLS_WORDS, SENTINEL_WORDS, CLUSTER_WORDS, SOCKET_WORDS].flat();

/** @throws {InvalidConnectionStringError} when the scheme is another one, with the one that is probably meant @internal */
export function parseScheme(name: string): UrlScheme {
  const scheme = SCHEMES.get(name.toLowerCase());
  if (scheme !== undefined) return scheme;
  const shown = name.length <= 24 ? `'${name}://'` : 'its scheme';
  const meant = meantBy(name.toLowerCase());
  if (meant !== undefined) {
    throw new InvalidConnectionStringError(`Redis connection string: ${shown} is not understood here; ${meant}.`);
  }
  const why = /^https?$/i.test(name) ? ' (a REST interface is not supported)' : '';
  throw new InvalidConnectionStringError(
    `Redis connection string: it is a URL, but ${shown} is not a scheme of Redis${why}; ${ALLOWED}.`,
  );
}

/** How to write what the scheme of another client says. */
function meantBy(name: string): string | undefined {
  const words = name.split(/[+-]/);
  const has = (some: readonly string[]): boolean => words.some((word) => some.includes(word));
  if (!words.every((word) => KNOWN_WORDS.includes(word))) return undefined;
  if (has(SOCKET_WORDS)) return "write a unix socket as '!/path/to.sock', without a scheme";
  const redis = has(TLS_WORDS) ? 'rediss' : 'redis';
  if (has(SENTINEL_WORDS)) return `write ${redis}+sentinel:// instead, as in ${redis}+sentinel://host1,host2/service`;
  if (has(CLUSTER_WORDS))
    return `write ${redis}:// instead: several hosts mean a cluster, as in ${redis}://host1,host2`;
  return `write ${redis}:// instead`;
}
