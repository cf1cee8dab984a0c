import { describe, expect, it } from 'vitest';
import { InvalidConnectionStringError } from '../../errors.js';
import type { RedisConnectionSettings } from './settings.js';
import { parseRedisConnectionString } from './connection-string.js';

describe('StackExchange.Redis syntax', () => {
  it('reads the string that the Azure portal shows', () => {
    const settings = parseRedisConnectionString(
      'shop.redis.cache.windows.net:6380,password=abc=,ssl=True,abortConnect=False',
    );

    expect(settings).toMatchObject({
      mode: 'standalone',
      endpoints: [{ host: 'shop.redis.cache.windows.net', port: 6380 }],
      password: 'abc=',
      abortConnect: false,
      ignored: [],
    });
    expect(settings.tls.enabled).toBe(true);
  });

  it('fills in every default for a bare host', () => {
    expect(parseRedisConnectionString('localhost')).toEqual({
      mode: 'standalone',
      endpoints: [{ host: 'localhost', port: 6379 }],
      tls: { enabled: false, serverName: undefined, minVersion: undefined, maxVersion: undefined },
      username: undefined,
      password: undefined,
      serviceName: undefined,
      sentinelUsername: undefined,
      sentinelPassword: undefined,
      database: 0,
      channelPrefix: '',
      clientName: undefined,
      protocol: 2,
      family: 0,
      connectTimeout: 5000,
      connectRetry: 3,
      keepAlive: 60,
      abortConnect: false,
      commandTimeout: undefined,
      ignored: [],
    } satisfies RedisConnectionSettings);
  });

  it.each<[string, Partial<RedisConnectionSettings>]>([
    ['h,password=p', { password: 'p' }],
    ['h,password=a://b', { password: 'a://b' }],
    ['h,password==a=b==', { password: '=a=b==' }],
    ['h,password=', { password: undefined }],
    ['h,user=shop,password=p', { username: 'shop', password: 'p' }],
    ['h,PASSWORD=p', { password: 'p' }],
    ['h , password = p q , user = u ', { username: 'u', password: 'p q' }],
    [',,h,,password=p,', { endpoints: [{ host: 'h', port: 6379 }], password: 'p' }],
    ['password=p,h', { endpoints: [{ host: 'h', port: 6379 }], password: 'p' }],
    ['h,password=first,password=last', { password: 'last' }],
    ['h,abortConnect=true', { abortConnect: true }],
    ['h,connectTimeout=100', { connectTimeout: 100 }],
    ['h,connectRetry=7', { connectRetry: 7 }],
    ['h,asyncTimeout=700', { commandTimeout: 700 }],
    ['h,syncTimeout=800', { commandTimeout: 800 }],
    ['h,asyncTimeout=700,syncTimeout=800', { commandTimeout: 700 }],
    ['h,syncTimeout=800,asyncTimeout=700', { commandTimeout: 700 }],
    ['h,keepAlive=180', { keepAlive: 180 }],
    ['h,connectRetry=0', { connectRetry: 1 }],
    ['h,keepAlive=0', { keepAlive: 0 }],
    ['h,keepAlive=-1', { keepAlive: 60 }],
    ['h,defaultDatabase=-1', { database: 0 }],
    ['h,proxy=None', { ignored: [] }],
    ['h,Proxy=none,Tunnel=', { ignored: [] }],
    ['h,proxy=', { ignored: [] }],
    ['h,defaultDatabase=3', { database: 3 }],
    ['h,channelPrefix=shop:', { channelPrefix: 'shop:' }],
    ['h,name=web-1', { clientName: 'web-1' }],
    ['h,protocol=2', { protocol: 2 }],
    ['h,protocol=3', { protocol: 3 }],
    ['h,protocol=resp2', { protocol: 2 }],
    ['h,protocol=RESP3', { protocol: 3 }],
  ])('reads %s', (text, expected) => {
    expect(parseRedisConnectionString(text)).toMatchObject(expected);
  });

  it.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['1', true],
    ['yes', true],
    ['On', true],
    ['false', false],
    ['False', false],
    ['0', false],
    ['No', false],
    ['off', false],
  ])('reads %s as a boolean', (word, expected) => {
    expect(parseRedisConnectionString(`h,ssl=${word}`).tls.enabled).toBe(expected);
    expect(parseRedisConnectionString(`h,abortConnect=${word}`).abortConnect).toBe(expected);
  });

  it.each([
    ['host', 'host', 6379],
    ['host:7000', 'host', 7000],
    ['my_redis-1.internal:1', 'my_redis-1.internal', 1],
    ['host.:65535', 'host.', 65535],
    ['10.0.0.7:7000', '10.0.0.7', 7000],
    ['[::1]:6380', '::1', 6380],
    ['[::1]', '::1', 6379],
    ['::1', '::1', 6379],
    ['2001:db8::7', '2001:db8::7', 6379],
    ['2001:db8::a:6612', '2001:db8::a:6612', 6379],
    ['1:2:3:4:5:6:7:6379', '1:2:3:4:5:6:7:6379', 6379],
    ['[::1:6379]', '::1:6379', 6379],
    ['host,ssl=true', 'host', 6380],
    ['host:6379,ssl=true', 'host', 6379],
    ['host,serviceName=main', 'host', 26379],
    ['host,serviceName=main,ssl=true', 'host', 26379],
  ])('reads the endpoint of %s', (text, host, port) => {
    expect(parseRedisConnectionString(text).endpoints).toEqual([{ host, port }]);
  });

  it('reads a unix socket', () => {
    expect(parseRedisConnectionString('!/run/redis.sock,password=p')).toMatchObject({
      mode: 'standalone',
      endpoints: [{ path: '/run/redis.sock' }],
      password: 'p',
    });
  });

  it('reads several endpoints as a cluster', () => {
    const settings = parseRedisConnectionString('a,b:7000,c');

    expect(settings.mode).toBe('cluster');
    expect(settings.endpoints).toEqual([
      { host: 'a', port: 6379 },
      { host: 'b', port: 7000 },
      { host: 'c', port: 6379 },
    ]);
  });

  it('reads an endpoint that is given twice as one server', () => {
    expect(parseRedisConnectionString('a,A:6379')).toMatchObject({ mode: 'standalone', endpoints: [{ port: 6379 }] });
  });

  describe('with a service name', () => {
    it('reads the endpoints as sentinels, with the credentials of the primary', () => {
      expect(parseRedisConnectionString('a,b:1,serviceName=main,user=u,password=p')).toMatchObject({
        mode: 'sentinel',
        endpoints: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 1 },
        ],
        serviceName: 'main',
        sentinelUsername: 'u',
        sentinelPassword: 'p',
      });
    });

    it('gives the sentinels their own credentials', () => {
      expect(
        parseRedisConnectionString('a,serviceName=main,user=u,password=p,sentinelUser=su,sentinelPassword=sp'),
      ).toMatchObject({ username: 'u', password: 'p', sentinelUsername: 'su', sentinelPassword: 'sp' });
    });

    it('gives the sentinels no credentials when theirs are empty', () => {
      const settings = parseRedisConnectionString('a,serviceName=m,user=u,password=p,sentinelUser=,sentinelPassword=');

      expect(settings.sentinelUsername).toBeUndefined();
      expect(settings.sentinelPassword).toBeUndefined();
    });
  });

  describe('known options without effect', () => {
    it.each([
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
    ])('names %s once, as .NET spells it', (key) => {
      expect(parseRedisConnectionString(`h,${key.toUpperCase()}=1,${key}=2`).ignored).toEqual([key]);
    });

    it.each([
      ['h,sslHost=a,sslProtocols=tls12', ['sslHost', 'sslProtocols']],
      ['h,sentinelUser=u,sentinelPassword=p', ['sentinelUser', 'sentinelPassword']],
      ['h,ssl=true,sslHost=a,serviceName=m,sentinelPassword=p', []],
    ])('names in %s the options that have no effect without another one', (text, ignored) => {
      expect(parseRedisConnectionString(text).ignored).toEqual(ignored);
    });
  });

  it.each<[string, RegExp]>([
    ['', /empty/],
    [' \n ', /empty/],
    [',,', /no endpoint/],
    ['password=p', /no endpoint/],
    ['ssl=true,connectTimeout=100', /no endpoint/],
    ['h,bogus=1', /'bogus' is not an option.*Allowed: password, user, ssl/],
    ['h,password=p,bogus=1', /part 3 of the string \(not shown, it may belong to a password\) is not an option.*%2C/],
    ['h,bogus=', /part 2 of the string \(not shown/],
    ['h,clientName=web', /'clientName' is not an option here; write 'name' instead/],
    ['h,password=p,CLIENTNAME=web', /'clientName' is not an option here; write 'name' instead/],
    ['h,username=web', /'username' is not an option here; write 'user' instead/],
    ['h,family=6', /'family' is not an option of StackExchange\.Redis.*redis: \{ family: 6 \} in code/],
    ['h,ssl=maybe', /'ssl'.*true or false, 1 or 0, yes or no, on or off/],
    ['h,ssl=', /'ssl'.*true or false/],
    ['h,SSL=maybe', /'ssl'/],
    ['h,abortConnect=2', /'abortConnect'.*true or false/],
    ['h,connectTimeout=5s', /'connectTimeout'.*whole number from 1/],
    ['h,connectTimeout=0', /'connectTimeout'/],
    ['h,connectTimeout=-1', /'connectTimeout'/],
    ['h,connectTimeout=1.5', /'connectTimeout'/],
    ['h,connectTimeout=', /'connectTimeout'/],
    ['h,connectTimeout=2147483648', /'connectTimeout'.*to 2147483647/],
    ['h,connectTimeout=0x10', /'connectTimeout'/],
    ['h,connectRetry=three', /'connectRetry'/],
    ['h,asyncTimeout=NaN', /'asyncTimeout'/],
    ['h,syncTimeout=Infinity', /'syncTimeout'/],
    ['h,connectRetry=-1', /'connectRetry'.*whole number from 0/],
    ['h,keepAlive=-2', /'keepAlive'.*whole number from 0 to \d+, or -1 for the default/],
    ['h,defaultDatabase=-2', /'defaultDatabase'.*whole number from 0 to \d+, or -1 for the default/],
    ['h,protocol=4', /'protocol'.*2, 3, resp2 or resp3/],
    ['h,sslProtocols=tls11', /'sslProtocols'.*tls12, tls13/],
    ['h,sslProtocols=tls|tls11', /'sslProtocols'.*older versions beside them are left out/],
    ['h,sslProtocols=tls12|', /'sslProtocols'/],
    ['h,sslProtocols=tls12|tls14', /'sslProtocols'/],
    ['h,sslHost=a b', /'sslHost'.*host name/],
    ['h,proxy=Twemproxy', /'proxy' is not supported/],
    ['h,proxy=Envoyproxy', /'proxy' is not supported/],
    ['h,Tunnel=http:proxy:8080', /'tunnel' is not supported/],
    ['h,$CONFIG=', /renamed commands.*not supported/],
    ['h:0', /endpoint 1 \('h'\).*port.*1 to 65535/],
    ['h:65536', /endpoint 1 \('h'\).*port.*1 to 65535/],
    ['h:', /endpoint 1 \('h'\).*port/],
    ['h:x', /endpoint 1 \('h'\).*port/],
    ['h:+1', /port/],
    ['h:1:2', /port/],
    ['[::1]:0', /endpoint 1 \('::1'\).*port/],
    ['a,b:99999', /endpoint 2 \('b'\).*port/],
    [':6379', /endpoint 1 has no host/],
    ['=value', /endpoint 1/],
    ['a b', /endpoint 1 is not a server.*host:port/],
    ['rediss:/host', /bad port.*If it is a URL: it needs :\/\//],
    ['redis:localhost:6379', /bad port.*If it is a URL: it needs :\/\//],
    ['redis//localhost', /is not a server.*If it is a URL: it needs :\/\//],
    ['::1:6379', /endpoint 1 is an IPv6 address without brackets.*\[2001:db8::7\]:6379/],
    ['2001:db8::7:7001,ssl=true', /endpoint 1 is an IPv6 address without brackets/],
    ['h,1:2:3:4:5:6:7:8:9', /endpoint 2 is an IPv6 address without brackets/],
    ['::1:26379,serviceName=m', /endpoint 1 is an IPv6 address without brackets/],
    ['[::g]:1', /endpoint 1 is not a server/],
    ['[::1]x', /endpoint 1/],
    ['[localhost]:1', /endpoint 1/],
    ['-host', /endpoint 1/],
    ['a..b', /endpoint 1/],
    ['10.0.0.256', /endpoint 1/],
    ['12345', /endpoint 1/],
    ['user:password@host:6379', /'@'.*redis:\/\//],
    ['!', /unix socket.*absolute path/],
    ['!run/redis.sock', /unix socket.*absolute path/],
    ['!/run/redis.sock,other', /unix socket.*stand alone/],
    ['!/run/redis.sock,serviceName=m', /unix socket.*sentinels/],
    ['h,password=p,a b', /endpoint 2 is not a server.*after a password and is not shown/],
    ['h,password=p,other:0', /endpoint 2 has a bad port.*after a password and is not shown/],
    ['h,password=p,other', /endpoint 2 stands after a password and is not shown.*%2C/],
    ['password=p,a,b:1', /endpoint 2 stands after a password and is not shown.*endpoints first/],
  ])('refuses %j', (text, message) => {
    expect(() => parseRedisConnectionString(text)).toThrow(InvalidConnectionStringError);
    expect(() => parseRedisConnectionString(text)).toThrow(message);
  });

  it.each([
    'h,password=<password>',
    'h,password=...',
    'h,password=*****',
    'h,password=${REDIS_PASSWORD}',
    'h,password={{ redis.password }}',
    'h,password=$(REDIS_PASSWORD)',
    'h,password=#{RedisPassword}#',
    'h,password=undefined',
    'h,user=<user>',
    'h,sentinelPassword=...',
    'h,ssl=true,sslHost=<host>',
    '<host>:6379',
    '...',
    '<name>.redis.cache.windows.net:6380,password=p,ssl=True',
    'h,serviceName=<service>',
  ])('refuses %s because it contains a placeholder', (text) => {
    expect(() => parseRedisConnectionString(text)).toThrow(InvalidConnectionStringError);
    expect(() => parseRedisConnectionString(text)).toThrow(/is a placeholder/);
  });

  it('says that App Service did not resolve a Key Vault reference', () => {
    expect(() =>
      parseRedisConnectionString('@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/r)'),
    ).toThrow(/Key Vault reference/);
  });
});
