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
    ['rediss://h', { endpoints: [{ host: 'h', port: 6380 }] }],
    ['rediss://h:6379', { endpoints: [{ host: 'h', port: 6379 }] }],
    ['redis://[::1]:7000', { endpoints: [{ host: '::1', port: 7000 }] }],
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

  it.each<[string, RegExp]>([
    ['http://h', /'http:\/\/' is not a scheme of Redis.*redis:\/\/, rediss:\/\/.*redis\+sentinel:\/\//],
    ['redisss://h', /'redisss:\/\/'/],
    ['unix:///run/redis.sock', /'unix:\/\/'.*!\/path\/to\.sock/],
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
    ['redis://h?db=1', /'db' is not an option.*'defaultDatabase'/],
    ['redis://h?connectTimeout', /'connectTimeout'/],
    ['redis://h?connectTimeout=5s', /'connectTimeout'/],
    ['redis://h?proxy=x', /'proxy' is not supported/],
    ['redis://h?password=p', /'password' is not allowed in the query.*before the host/],
    ['redis://h?user=u', /'user' is not allowed in the query/],
    ['redis://h?ssl=true', /'ssl' is not allowed in the query.*rediss:\/\//],
    ['redis://h?defaultDatabase=1', /'defaultDatabase' is not allowed in the query.*redis:\/\/host\/2/],
    ['redis://h?serviceName=m', /'serviceName' is not allowed in the query.*redis\+sentinel/],
    ['redis://h#x', /'@' or '#' stands after the host/],
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
