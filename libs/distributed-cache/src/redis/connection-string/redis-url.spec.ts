import { describe, expect, it } from 'vitest';
import { InvalidConnectionStringError } from '../../errors.js';
import type { RedisConnectionSettings } from './settings.js';
import { parseRedisConnectionString } from './connection-string.js';

describe('Redis URL', () => {
  it.each<[string, Partial<RedisConnectionSettings>]>([
    ['redis://h', { mode: 'standalone', endpoints: [{ host: 'h', port: 6379 }], database: 0, password: undefined }],
    ['redis://h/', { database: 0 }],
    ['REDIS://h:7000/2', { endpoints: [{ host: 'h', port: 7000 }], database: 2 }],
    ['  redis://h  ', { endpoints: [{ host: 'h', port: 6379 }] }],
    ['rediss://h', { endpoints: [{ host: 'h', port: 6379 }] }],
    ['rediss://shop.redis.cache.windows.net', { endpoints: [{ host: 'shop.redis.cache.windows.net', port: 6379 }] }],
    ['rediss://s.redis.azure.net', { endpoints: [{ host: 's.redis.azure.net', port: 10_000 }] }],
    ['valkey://h', { endpoints: [{ host: 'h', port: 6379 }] }],
    ['Valkeys://h', { endpoints: [{ host: 'h', port: 6379 }] }],
    ['redis://h?family=6', { family: 6 }],
    ['redis://h?FAMILY=4', { family: 4 }],
    ['redis://h?family=0', { family: 0 }],
    ['redis://a,b?family=6', { mode: 'cluster', family: 6 }],
    ['redis+sentinel://a,b/main?family=6', { mode: 'sentinel', family: 6 }],
    ['rediss://h:6379', { endpoints: [{ host: 'h', port: 6379 }] }],
    ['redis://[::1]:7000', { endpoints: [{ host: '::1', port: 7000 }] }],
    ['redis://::1', { endpoints: [{ host: '::1', port: 6379 }] }],
    ['redis://[::1]', { endpoints: [{ host: '::1', port: 6379 }] }],
    ['redis://:p@h', { username: undefined, password: 'p' }],
    ['redis://u@h', { username: 'u', password: undefined }],
    ['redis://u:p@h', { username: 'u', password: 'p' }],
    ['redis://u:@h', { username: 'u', password: undefined }],
    ['redis://u:p:q@h', { username: 'u', password: 'p:q' }],
    ['redis://u:p@q@h', { username: 'u', password: 'p@q' }],
    ['redis://u%40x:%2F%3F%23%40%25%2C@h', { username: 'u@x', password: '/?#@%,' }],
    ['redis://u:a+b@h', { password: 'a+b' }],
    ['redis://u:a,b@h', { mode: 'standalone', password: 'a,b' }],
    ['redis://u:12,34@h', { mode: 'standalone', username: 'u', password: '12,34' }],
    ['redis://:a:1,b:2@h', { mode: 'standalone', password: 'a:1,b:2' }],
    ['redis://a,b:7000', { mode: 'cluster' }],
    ['redis://h?connectTimeout=100&channelPrefix=shop%3A', { connectTimeout: 100, channelPrefix: 'shop:' }],
    ['redis://h/1?NAME=web&protocol=3&abortConnect=yes', { clientName: 'web', protocol: 3, abortConnect: true }],
    ['redis://h?allowAdmin=true&', { ignored: ['allowAdmin'] }],
  ])('reads %s', (text, expected) => {
    expect(parseRedisConnectionString(text)).toMatchObject(expected);
  });

  it('takes TLS from the scheme alone, whatever the host is', () => {
    expect(parseRedisConnectionString('redis://h').tls.enabled).toBe(false);
    expect(parseRedisConnectionString('rediss://h').tls.enabled).toBe(true);
    expect(parseRedisConnectionString('valkey://h').tls.enabled).toBe(false);
    expect(parseRedisConnectionString('valkeys://h').tls.enabled).toBe(true);
    expect(parseRedisConnectionString('redis://shop.redis.cache.windows.net:6380').tls.enabled).toBe(false);
  });

  it('reads the URL that Azure Service Connector sets', () => {
    expect(parseRedisConnectionString('rediss://:abc%3D@shop.redis.cache.windows.net:6380/0')).toMatchObject({
      endpoints: [{ host: 'shop.redis.cache.windows.net', port: 6380 }],
      tls: { enabled: true },
      password: 'abc=',
      database: 0,
    });
  });

  it('takes the name in the certificate and the TLS versions from the query', () => {
    expect(parseRedisConnectionString('rediss://10.0.0.7?sslHost=shop.example&sslProtocols=tls13').tls).toEqual({
      enabled: true,
      serverName: 'shop.example',
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    });
  });

  it.each([
    ['redis+sentinel', false],
    ['rediss+sentinel', true],
    ['valkey+sentinel', false],
    ['valkeys+sentinel', true],
  ])('reads %s://', (scheme, tls) => {
    expect(
      parseRedisConnectionString(`${scheme}://u:p@a,b:1/main%20one/2?sentinelUser=su&sentinelPassword=sp`),
    ).toMatchObject({
      mode: 'sentinel',
      endpoints: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 1 },
      ],
      tls: { enabled: tls },
      serviceName: 'main one',
      database: 2,
      username: 'u',
      password: 'p',
      sentinelUsername: 'su',
      sentinelPassword: 'sp',
    });
  });

  it('reads a single sentinel in sentinel mode', () => {
    expect(parseRedisConnectionString('redis+sentinel://a/main').mode).toBe('sentinel');
  });

  describe('credentials before each host', () => {
    it.each([
      'redis://u:p@h1,u:p@h2:7000',
      'redis://u:p@h1,h2:7000',
      'redis://u:%70@h1,u:p@h2:7000',
      'valkey://u:p@h1,u:p@h2:7000,u:p@h1',
    ])('are taken once when they are equal: %s', (text) => {
      expect(parseRedisConnectionString(text)).toMatchObject({
        mode: 'cluster',
        endpoints: [
          { host: 'h1', port: 6379 },
          { host: 'h2', port: 7000 },
        ],
        username: 'u',
        password: 'p',
      });
    });

    it('are taken once for sentinels', () => {
      expect(parseRedisConnectionString('redis+sentinel://:p@s1,:p@s2/main')).toMatchObject({
        endpoints: [{ host: 's1' }, { host: 's2' }],
        username: undefined,
        password: 'p',
      });
    });

    it.each([
      'redis://u:p@h1,u:q@h2',
      'redis://u:p@h1,v:p@h2',
      'redis://u:p@h1,:p@h2',
      'redis://u:p@h1,@h2',
      'redis://h1,u:p@h2,u:p@h3',
      'redis://u:a,b@h1,u:a,b@h2',
      'redis://u:a@b,c@h',
      'redis://h1,u:p@h2',
      'redis://h1:6379,u:p@h2:6379',
      'redis://h1:6379,h2:6379,:p@h3:6379',
      'redis://[::1]:7000,u:p@h2',
      'redis+sentinel://h1,u:p@h2/main',
    ])(
      'are refused when they differ, when they stand before a later host only, or when a password seems to hold a separator: %s',
      (text) => {
        expect(() => parseRedisConnectionString(text)).toThrow(InvalidConnectionStringError);
        expect(() => parseRedisConnectionString(text)).toThrow(/write the credentials once.*%2C/);
      },
    );
  });

  describe('a scheme of another client', () => {
    it.each([
      ['redis+tls', 'rediss'],
      ['redis-tls', 'rediss'],
      ['redis+ssl', 'rediss'],
      ['rediss+tls', 'rediss'],
      ['valkey+tls', 'rediss'],
      ['tls', 'rediss'],
      ['tcp', 'redis'],
      ['redis+tcp', 'redis'],
      ['redis+cluster', 'redis'],
      ['rediss-cluster', 'rediss'],
      ['redis-sentinel', 'redis+sentinel'],
      ['rediss-sentinel', 'rediss+sentinel'],
      ['Redis+SSL+Sentinel', 'rediss+sentinel'],
      ['sentinel', 'redis+sentinel'],
    ])('%s:// is told to be %s://, which is then taken', (scheme, meant) => {
      const url = '://u:p@h1:1,h2:2/2';
      expect(() => parseRedisConnectionString(scheme + url)).toThrow(InvalidConnectionStringError);
      expect(() => parseRedisConnectionString(scheme + url)).toThrow(
        `'${scheme}://' is not understood here; write ${meant}://`,
      );
      expect(() => parseRedisConnectionString(meant + url)).not.toThrow();
    });

    it.each(['unix', 'redis+unix', 'redis-socket', 'rediss-socket'])('%s:// is told to be a unix socket', (scheme) => {
      expect(() => parseRedisConnectionString(`${scheme}:///run/redis.sock`)).toThrow(
        /write a unix socket as '!\/path/,
      );
    });

    it('is not shown when it is too long to be one', () => {
      expect(() => parseRedisConnectionString(`${'x'.repeat(40)}://h`)).toThrow(
        /but its scheme is not a scheme of Redis/,
      );
    });
  });

  it.each<[string, RegExp]>([
    ['http://h', /'http:\/\/' is not a scheme of Redis.*redis:\/\/, rediss:\/\/.*redis\+sentinel:\/\//],
    ['redisss://h', /'redisss:\/\/'/],
    ['https://h', /'https:\/\/' is not a scheme of Redis \(a REST interface is not supported\)/],
    ['redis://', /endpoint 1 has no host/],
    ['redis:///0', /endpoint 1 has no host/],
    ['redis://:6379', /endpoint 1 has no host/],
    ['redis://u:p@', /endpoint 1 has no host/],
    ['redis://u:p@:6379', /endpoint 1 has no host/],
    ['redis://a,,b', /endpoint 2 has no host/],
    ['redis://h:0', /endpoint 1 \('h'\).*1 to 65535/],
    ['redis://h:65536', /endpoint 1 \('h'\).*1 to 65535/],
    ['redis://h:x', /endpoint 1 \('h'\)/],
    ['redis://a b', /endpoint 1 is not a server/],
    ['redis://h/x', /'defaultDatabase'.*whole number/],
    ['redis://h/-1', /'defaultDatabase'/],
    ['redis://h/1/2', /'defaultDatabase'/],
    ['redis://h?bogus=1', /'bogus' is not an option/],
    ['redis://h?bogus_key.2=1', /'bogus_key\.2' is not an option/],
    ['redis://h?bogus[key]=1', /'bogus\[key\]' is not an option/],
    ['redis://h?tls[rejectUnauthorized]=0', /'tls\[rejectUnauthorized\]' is not an option/],
    ['redis://u:p@h?bogus=1', /'bogus' is not an option/],
    ['redis://h?bogus=1', /Allowed: sslHost, .*family\. In the query/],
    ['redis://h?db=1', /'db' is not allowed in the query.*redis:\/\/host\/2/],
    ['redis://h?family=5', /'family'.*0 \(any address\), 4 \(IPv4\) or 6 \(IPv6\)/],
    ['redis://h?family=ipv6', /'family'/],
    ['redis://h?connectTimeout', /'connectTimeout'/],
    ['redis://h?connectTimeout=5s', /'connectTimeout'/],
    ['redis://h?proxy=x', /'proxy' is not supported/],
    ['redis://h?password=p', /'password' is not allowed in the query.*before the host/],
    ['redis://h?user=u', /'user' is not allowed in the query/],
    ['redis://h?ssl=true', /'ssl' is not allowed in the query.*rediss:\/\//],
    ['redis://h?defaultDatabase=1', /'defaultDatabase' is not allowed in the query.*redis:\/\/host\/2/],
    ['redis://h?serviceName=m', /'serviceName' is not allowed in the query.*redis\+sentinel/],
    ['redis://h#x', /'#' stands after the host.*remove it/],
    ['redis+sentinel://a,b/0#main', /'#' stands after the host.*redis\+sentinel:\/\/host1,host2\/service/],
    ['redis://h:6379,password=p,ssl=true', /mixes two syntaxes/],
    ['redis://h:6379,password=p@q,ssl=true', /mixes two syntaxes/],
    ['redis://::1:6379', /endpoint 1 is an IPv6 address without brackets.*\[2001:db8::7\]:6379/],
    ['redis://fd00::1:5', /endpoint 1 is an IPv6 address without brackets/],
    ['redis://u:p@::1:26379', /endpoint 1 is an IPv6 address without brackets/],
    ['redis://:p@h:x', /endpoint 1 has a bad port.*after the credentials and is not shown.*%40/],
    ['redis://u:a/b@h', /percent-encode/],
    ['redis://u:a#b@h', /percent-encode/],
    ['redis://u:a?b@h', /percent-encode/],
    ['redis://u:%zz@h', /password of the URL.*%25/],
    ['redis://%zz:p@h', /user of the URL.*%25/],
    ['redis://h%', /host of the URL.*%25/],
    ['redis://h?channelPrefix=%', /query of the URL.*%25/],
    ['redis+sentinel://a', /must name the primary/],
    ['redis+sentinel://a/', /must name the primary/],
    ['redis+sentinel://a/m/1/2', /must name the primary/],
    ['redis+sentinel://a/m/x', /'defaultDatabase'/],
    ['redis://:<password>@h', /'password' is a placeholder/],
    ['redis://:...@h', /'password' is a placeholder/],
    ['redis://:%3Cpassword%3E@h', /'password' is a placeholder/],
    ['rediss://<host>:6380', /endpoint 1 is a placeholder/],
    ['redis://...', /endpoint 1 is a placeholder/],
    ['redis://undefined:6379', /endpoint 1 is a placeholder/],
    ['redis://${REDIS_HOST}:6379', /endpoint 1 is a placeholder/],
  ])('refuses %s', (text, message) => {
    expect(() => parseRedisConnectionString(text)).toThrow(InvalidConnectionStringError);
    expect(() => parseRedisConnectionString(text)).toThrow(message);
  });
});
