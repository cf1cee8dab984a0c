import { describe, expect, it } from 'vitest';
import { InvalidConnectionStringError } from '../../errors.js';
import { parseRedisConnectionString } from './connection-string.js';
import { NAMES_WITH_CURE } from './foreign-options.js';
import { EFFECTIVE } from './options.js';

/** A value that the option takes, whatever the other client had there. */
const VALUES: Readonly<Record<string, string>> = {
  ssl: 'true',
  sslHost: 'cert.example',
  sslProtocols: 'tls12',
  abortConnect: 'false',
  protocol: '3',
  family: '6',
};

/**
 * Does to the string what the message says, as somebody who knows nothing else would. Each advice is one of few sentences, and all of them
 * are here.
 */
function follow(text: string, key: string, message: string): string {
  const isUrl = text.includes('://');
  const [, server = '', query = ''] = isUrl
    ? (/^([^?]*)\?(.*)$/.exec(text) ?? [])
    : (/^([^,]*),(.*)$/.exec(text) ?? []);
  const others = query.split(isUrl ? '&' : ',').filter((each) => !each.startsWith(`${key}=`));
  const withRest = (start: string, more: readonly string[] = []): string =>
    [start, [...others, ...more].join(isUrl ? '&' : ',')].filter((each) => each !== '').join(isUrl ? '?' : ',');

  const renamed = /write '(\w+)' instead/.exec(message)?.[1];
  if (renamed !== undefined) return withRest(server, [`${renamed}=${VALUES[renamed] ?? '7'}`]);
  if (/; remove it(?::|, and write .* in code)/.test(message)) return withRest(server);
  if (/belongs before the host, as in redis:\/\/user:password@host/.test(message)) {
    return withRest(server.replace('://', '://user:password@'));
  }
  if (/belongs in the scheme: rediss:\/\/ is TLS/.test(message))
    return withRest(server.replace('redis://', 'rediss://'));
  if (/belongs in the path, as in redis:\/\/host\/2/.test(message)) return withRest(`${server}/2`);
  if (/belongs in the path of redis\+sentinel:\/\/host1,host2\/service/.test(message)) {
    return withRest(`${server.replace('redis://', 'redis+sentinel://')}/service`);
  }
  if (/is written '!\/path\/to\.sock' at the beginning of the string, in place of/.test(message))
    return '!/path/to.sock';
  if (/belongs behind the scheme, as in redis:\/\/host:6379/.test(message)) return withRest('redis://host:6379');
  if (/at the beginning, without a key, as in host:6379,ssl=True/.test(message))
    return withRest('host:6379', ['ssl=True']);
  throw new Error(`no advice that can be followed: ${message}`);
}

function refusalOf(text: string): string {
  try {
    parseRedisConnectionString(text);
    return '';
  } catch (error) {
    if (error instanceof InvalidConnectionStringError) return error.message;
    throw error;
  }
}

const FOREIGN = NAMES_WITH_CURE.filter((name) => !EFFECTIVE.has(name.toLowerCase()));

describe.each([
  ['the query of a URL', 'redis://h:1?connectTimeout=100&', '&abortConnect=no'],
  ['a StackExchange.Redis string', 'h:1,connectTimeout=100,', ',abortConnect=no'],
])('in %s, an option of another client', (_where, before, after) => {
  it.each(FOREIGN)('is named with a cure that is taken: %s', (name) => {
    const text = `${before}${name}=x${after}`;
    const message = refusalOf(text);
    expect(message).toContain(`'${name}'`);
    const cured = follow(text, name, message);
    expect(refusalOf(cured)).toBe('');
  });

  it.each([...EFFECTIVE.values()])('is named with a cure that is taken: %s, with underscores', (option) => {
    const name = option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const text = `${before}${name}=${VALUES[option] ?? '7'}${after}`;
    const message = refusalOf(text);
    // Without a capital letter it is the option itself.
    const cured = message === '' ? text : follow(text, name, message);
    expect(refusalOf(cured)).toBe('');
  });

  it('that is known nowhere is answered with options that are taken there', () => {
    const [, allowed = ''] = /Allowed: ([\w, ]+)\./.exec(refusalOf(`${before}bogus=x${after}`)) ?? [];
    const options = allowed.split(', ');
    expect(options.length).toBeGreaterThan(10);
    for (const option of options) expect(refusalOf(`${before}${option}=${VALUES[option] ?? '7'}${after}`)).toBe('');
  });
});

describe('an option of another client', () => {
  it.each([
    ['redis://h?db=1', "'db' is not allowed in the query of a URL; it belongs in the path, as in redis://host/2."],
    [
      'redis://h?tls=true',
      "'tls' is not allowed in the query of a URL; it belongs in the scheme: rediss:// is TLS, redis:// is not.",
    ],
    ...['ssl_cert_reqs=none', 'ssl_cert_reqs=required', 'rejectUnauthorized=false', 'rejectUnauthorized=true'].map(
      (option): [string, string] => [
        `redis://h?${option}`,
        'remove it: certificates are verified, unless redis: { tls: { rejectUnauthorized: false } } in code says that they are not.',
      ],
    ),
    ['redis://h?timeout=10s', "'timeout' is not an option here; write 'asyncTimeout' instead (in ms)."],
    ['redis://h?socketTimeout=10', "write 'asyncTimeout' instead (in ms)."],
    ['redis://h?connectionTimeout=5', "write 'connectTimeout' instead (in ms)."],
    ['redis://h?username=u', "'username' is not allowed in the query of a URL; it belongs before the host"],
    ['redis://h?clientName=web', "write 'name' instead."],
    ['redis://h?max_connections=5', 'remove it: there is no pool'],
    ['h,db=1', "'db' is not an option here; write 'defaultDatabase' instead."],
    ['h,tls=true', "'tls' is not an option here; write 'ssl' instead."],
    ['h,ipFamily=6', 'redis: { family: 6 } in code'],
  ])('is answered where it stands: %s', (text, message) => {
    expect(refusalOf(text)).toContain(message);
  });

  it('is named together with the others of the query, each with its cure', () => {
    const message = refusalOf(
      'redis://h?db=1&connectTimeout=5&tls=true&ssl_cert_reqs=none&timeout=3&username=u&password=s3cret&bogus_key=1',
    );
    expect(message).toContain(
      "'db' is not allowed in the query of a URL; it belongs in the path, as in redis://host/2. 'tls'",
    );
    for (const name of ['tls', 'ssl_cert_reqs', 'timeout', 'username', 'password'])
      expect(message).toContain(`'${name}' is`);
    expect(message).not.toMatch(/s3cret|bogus_key/);
    expect(message).toContain('part 8 of the query (not shown, it may belong to a password) is not an option');
  });

  it('is named in its own spelling when it stands after a password, in whatever spelling', () => {
    expect(refusalOf('h,password=p,CONNECTIONtimeout=5')).toContain("'connectionTimeout' is not an option here");
  });
});
