import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidConnectionStringError } from '../../errors.js';
import { isPlaceholder } from './placeholder.js';
import { parseRedisConnectionString } from './connection-string.js';
import { describeTarget } from '../dial/target.js';

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
  fc.ipV4(),
);
const port = fc.integer({ min: 1, max: 65_535 });
const isWhole = (text: string): boolean => text === text.trim() && text !== '' && !isPlaceholder(text);
const password = fc.string({ unit: 'grapheme', minLength: 1 }).filter(isWhole);
const oneToken = password.filter((text) => !text.includes(','));

/** What separates the parts of a connection string, among letters that no error message holds on its own account. */
const SYMBOLS = '¤§µ·¿×÷øþœŒßæ=:/?#@%!,[] $<>.{}&;"'.split('');
const secret = fc.oneof(
  fc
    .array(fc.constantFrom(...SYMBOLS), { minLength: 6, maxLength: 30 })
    .filter((letters) => letters.filter((letter) => letter > '\u007f').length >= 3)
    .map((letters) => letters.join('')),
  fc.stringMatching(/^[A-Za-z0-9]{5,20}[0-9][A-Za-z0-9]{5,20}=?$/),
);

/** What makes up connection strings, so that the parser is fed with those that are nearly right. */
const PIECES = [
  ...'redis:// rediss:// redis+sentinel:// :// : @ / ? # & = , % %2 ! $ [ ] [::1] ::1 6379 host'.split(' '),
  ...'password ssl serviceName sslProtocols keepAlive sslHost protocol true \0'.split(' '),
  ' ',
];

describe('parseRedisConnectionString', () => {
  it('reads back any settings written in the syntax of StackExchange.Redis', () => {
    fc.assert(
      fc.property(
        fc.record({ host, port, password: oneToken, user: oneToken, prefix: oneToken, ssl: fc.boolean() }),
        fc.record({ database: fc.nat(100), connectTimeout: fc.integer({ min: 1, max: 100_000 }) }),
        (written, numbers) => {
          const text =
            `${written.host}:${written.port},password=${written.password},user=${written.user},ssl=${written.ssl},` +
            `channelPrefix=${written.prefix},defaultDatabase=${numbers.database},connectTimeout=${numbers.connectTimeout}`;

          expect(parseRedisConnectionString(text)).toMatchObject({
            mode: 'standalone',
            endpoints: [{ host: written.host, port: written.port }],
            password: written.password,
            username: written.user,
            channelPrefix: written.prefix,
            tls: { enabled: written.ssl },
            ...numbers,
          });
        },
      ),
    );
  });

  it('reads back any settings written as a URL', () => {
    fc.assert(
      fc.property(
        fc.record({ host, port, password, user: password, prefix: password, tls: fc.boolean(), database: fc.nat(100) }),
        (written) => {
          const credentials = `${encodeURIComponent(written.user)}:${encodeURIComponent(written.password)}`;
          const text =
            `redis${written.tls ? 's' : ''}://${credentials}@${written.host}:${written.port}/${written.database}` +
            `?channelPrefix=${encodeURIComponent(written.prefix)}`;

          expect(parseRedisConnectionString(text)).toMatchObject({
            endpoints: [{ host: written.host, port: written.port }],
            password: written.password,
            username: written.user,
            database: written.database,
            channelPrefix: written.prefix,
            tls: { enabled: written.tls },
          });
        },
      ),
    );
  });

  it('throws only InvalidConnectionStringError, for any text', () => {
    const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 }));
    const likely = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''));

    fc.assert(
      fc.property(fc.oneof(likely, fc.string({ unit: 'binary' })), (text) => {
        expect(refusalOf(text) ?? new InvalidConnectionStringError('')).toBeInstanceOf(InvalidConnectionStringError);
      }),
      { numRuns: 3_000 },
    );
  }, 30_000);

  it.each<[string, (text: string) => string]>([
    ['before a bad port', (text) => `host:0,password=${text}`],
    ['before a bad boolean', (text) => `host,password=${text},ssl=maybe`],
    ['before an unknown key', (text) => `host,password=${text},bogus=1`],
    ['without its key', (text) => `host,${text}`],
    ['without its key, before the host', (text) => `${text},host,ssl=maybe`],
    ['as a key', (text) => `host,${text}=`],
    ['as the value of an unknown key', (text) => `host,pasword=${text}`],
    ['as the value of every known key', (text) => `host,ssl=${text},sslHost=${text},protocol=${text}`],
    ['as a host', (text) => `${text}:6379`],
    ['as a port', (text) => `host:${text}`],
    ['in a placeholder', (text) => `host,password=<${text}>`],
    ['as the whole string', (text) => text],
    ['before the host, without a scheme', (text) => `user:${text}@host`],
    ['raw in a URL with a bad port', (text) => `redis://user:${text}@host:0`],
    ['raw in a URL without a host', (text) => `redis://user:${text}@`],
    ['encoded in a URL with a bad database', (text) => `redis://:${encodeURIComponent(text)}@host/x`],
    ['in a URL with a bad scheme', (text) => `http://:${text}@host`],
    ['in the place of the host of a URL', (text) => `redis://${text}`],
    ['in the place of the port of a URL', (text) => `redis://host:${text}`],
    ['in the path of a URL', (text) => `redis://host/${text}`],
    ['in the query of a URL', (text) => `redis://host?password=${text}`],
    ['as a key of the query of a URL', (text) => `redis://host?${text}`],
    ['cut short in its encoding', (text) => `redis://:${text}%@host`],
  ])('never repeats a password that stands %s', (_place, write) => {
    fc.assert(
      fc.property(secret, (text) => {
        const error = refusalOf(write(text));

        for (const part of [text, ...text.split(','), encodeURIComponent(text)].filter((each) => each.length >= 6)) {
          expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(part);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, (text: string) => string]>([
    ['an endpoint', (text) => `host,password=p,${text}`],
    ['an endpoint with a port', (text) => `host,password=p,${text}:6379`],
    ['an endpoint with a bad port', (text) => `host,password=p,${text}:${text}`],
    ['the only endpoint', (text) => `password=p,${text}:0`],
    ['a unix socket', (text) => `host,password=p,!${text}`],
    ['an option', (text) => `host,password=p,${text}=1`],
    ['an option without a value', (text) => `host,password=p,${text}=`],
    ['an option and its value', (text) => `host,password=p,${text}=${text}`],
    ['a renamed command', (text) => `host,password=p,$${text}=${text}`],
    ['the value of a known option', (text) => `host,password=p,ssl=${text}`],
    ['the value of an option that is not supported', (text) => `host,password=p,proxy=${text}`],
    ['the value of an option of another client', (text) => `host,password=p,db=${text}`],
    ['an option after the password of the sentinels', (text) => `host,serviceName=m,sentinelPassword=p,${text}=1`],
    ['an endpoint after the password of the sentinels', (text) => `host,sentinelPassword=p,${text}`],
    ['the port of a URL', (text) => `redis://u:p@host:${text}`],
    ['a host of a URL with a bad port', (text) => `redis://u:p@${text}:0`],
    ['a further host of a URL', (text) => `redis://u:p@host,${text}:x`],
    ['a user of a further host', (text) => `redis://u:p@host,${text}@host2`],
    ['a password of a further host', (text) => `redis://u:p@host,u:${text}@host2`],
    ['an option within a URL', (text) => `redis://u:p,${text}=${text}@host,ssl=true`],
    ['the path of a URL', (text) => `redis://u:p@host/${text}`],
    ['the fragment of a URL', (text) => `redis://u:p@host#${text}`],
    ['the path before an @', (text) => `redis://u:p/${text}@host`],
    ['the query before an @', (text) => `redis://u:p?${text}=${text}@host`],
    ['the value of an option in the query', (text) => `redis://u:p@host?bogus=${text}`],
    ['a key after a password in the query', (text) => `redis+sentinel://u@host/m?sentinelPassword=p&${text}=1`],
    ['a key after a password of another client in the query', (text) => `redis://h?pwd=p&${text}=1&${text}=2`],
    ['a key after a password in the wrong place', (text) => `redis://h?password=p&${text}=1`],
    ['an option after a password of another client', (text) => `host,pwd=p,${text}=1`],
    ['an endpoint after a password of another client', (text) => `host,pwd=p,${text}:0`],
    ['a service with too long a path', (text) => `redis+sentinel://u:p@host/m/1/${text}`],
    ['whatever follows in quotation marks', (text) => `"host,password=p,${text}"`],
    ['whatever follows the name of a setting', (text) => `REDIS_URL=redis://u:p@host/${text}`],
  ])('never repeats what stands after a password, even if it looks like a word: as %s', (_place, write) => {
    fc.assert(
      fc.property(fc.oneof(fc.stringMatching(/^[a-zA-Z][a-z]{3}[A-Z]{4}[a-zA-Z]{0,8}$/), secret), (text) => {
        const error = refusalOf(write(text));
        const shown = inspect(error, { depth: Infinity, showHidden: true });

        for (const part of [text, ...text.split(/[,=&]/)].filter((each) => each.length >= 6)) {
          expect(shown).not.toContain(part);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['redis://::1:7000', /in brackets, as in \[2001:db8::7\]:6379/, 'redis://[::1]:7000'],
    ['::1:6379,ssl=true', /in brackets/, '[::1]:6379,ssl=true'],
    ['"redis://h"', /remove the quotation marks/, 'redis://h'],
    ['REDIS_URL=redis://h', /write only what stands behind the first '='/, 'redis://h'],
    ['redis-cli -u redis://h', /write only the URL that stands behind '-u'/, 'redis://h'],
    ['redis://h:1,password=a,ssl=True', /leave 'redis:\/\/' out/, 'h:1,password=a,ssl=True'],
    ['h,password=a,b', /write the whole string as a URL, with '%2C' for the comma/, 'redis://:a%2Cb@h'],
    ['h,password=a,b=c', /write a password with a comma in a URL, as '%2C'/, 'redis://:a%2Cb=c@h'],
    ['password=a,h,b', /write the endpoints first/, 'h,b,password=a'],
    ['u:p@h', /'user=…,password=…'/, 'h,user=u,password=p'],
    ['redis://:a/b@h', /percent-encode that character \('%2F'/, 'redis://:a%2Fb@h'],
    ['redis://u:a@b,c@h', /percent-encode that character \('%2C', '%40'\)/, 'redis://u:a%40b%2Cc@h'],
    ['redis://u:p@a,u:q@b', /write the credentials once/, 'redis://u:p@a,b'],
    ['redis-sentinel://a,b/0#main', /write redis\+sentinel:\/\/ instead/, 'redis+sentinel://a,b/main'],
    [
      'redis+sentinel://a,b#main',
      /in the path, as in redis\+sentinel:\/\/host1,host2\/service/,
      'redis+sentinel://a,b/main',
    ],
    ['h,family=6', /the whole string as a URL with \?family=6/, 'redis://h?family=6'],
    ['h,proxy=Twemproxy', /remove it and connect to Redis directly/, 'h'],
  ])('refuses %s with an advice that is taken', (refused, advice, followed) => {
    expect(refusalOf(refused)).toHaveProperty('message', expect.stringMatching(advice));
    expect(refusalOf(followed)).toBeUndefined();
  });

  it('refuses the rest of a password that a comma splits off, whatever it looks like', () => {
    expect(refusalOf('host,password=abcd,cdEfGhIjKl=')).toHaveProperty(
      'message',
      expect.stringMatching(/part 3 of the string \(not shown, it may belong to a password\)/),
    );
  });

  it.each([
    ['an access key whose option name was forgotten', 'host:6380,AbC1dEf2GhI3jKl4MnO5pQr6StU7vWx8=,ssl=True', /AbC1/],
    ['the rest of a password with a comma, as an endpoint', 'host,password=abcdef,ghijkl:mnopqr', /ghijkl|mnopqr/],
    ['the rest of a password with a comma, as an option', 'host,password=abcdef,gh1jkl=mnopqr', /gh1jkl|mnopqr/],
    ['a numeric password in the place of the port', 'redis://user:123456', /123456/],
    ['the beginning of a password with a slash', 'redis://:ghijkl/mnopqr@host', /ghijkl|mnopqr/],
  ])('never repeats %s', (_case, text, fragment) => {
    const error = refusalOf(text);

    expect(error).toBeInstanceOf(InvalidConnectionStringError);
    expect(inspect(error)).not.toMatch(fragment);
  });

  it('throws errors without a cause, which could hold the string', () => {
    expect(refusalOf('redis://:%zz@host')).toHaveProperty('code', 'INVALID_CONNECTION_STRING');
    expect(refusalOf('redis://:%zz@host')).not.toHaveProperty('cause');
  });

  it('gives settings that can be described without a secret', () => {
    fc.assert(
      fc.property(
        secret.filter((text) => !isPlaceholder(text)),
        (text) => {
          const encoded = encodeURIComponent(text);
          const settings = parseRedisConnectionString(`redis+sentinel://${encoded}:${encoded}@host/main`);

          expect(settings.password).toBe(text);
          expect(describeTarget(settings)).not.toContain(text);
        },
      ),
    );
  });
});

function refusalOf(text: string): unknown {
  try {
    parseRedisConnectionString(text);
    return undefined;
  } catch (error) {
    return error;
  }
}
