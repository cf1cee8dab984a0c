import { describe, expect, it } from 'vitest';
import { parseRedisConnectionString } from './connection-string.js';

describe('TLS in StackExchange.Redis syntax', () => {
  it.each([
    ['shop.redis.cache.windows.net:6380', true],
    ['SHOP.Redis.Cache.Windows.Net:6380', true],
    ['shop.redis.cache.chinacloudapi.cn:6380', true],
    ['shop.redis.cache.usgovcloudapi.net:6380', true],
    ['shop.redis.cache.sovcloud-api.de:6380', true],
    ['shop.redis.cache.sovcloud-api.fr:6380', true],
    ['shop.germany.redis.sovcloud-api.de', true],
    ['shop.france.redis.sovcloud-api.fr:10000', true],
    ['shop.redis.chinacloudapi.cn', true],
    ['shop.redis.usgovcloudapi.net', true],
    ['shop.redis.cache.sovcloud-api.de:6379', false],
    ['shop.redis.cache.windows.net:6379', false],
    ['shop.redis.cache.windows.net:6380,ssl=False', false],
    ['shop.westeurope.redis.azure.net:10000', true],
    ['shop.westeurope.redis.azure.net:10000,ssl=False', false],
    ['shop.westeurope.redisenterprise.cache.azure.net:10000', true],
    ['shop.redis.cache.windows.net.example.org:6380', false],
    ['notredis.azure.net:10000', false],
    ['localhost:6380', false],
  ])('of %s is %s', (text, enabled) => {
    expect(parseRedisConnectionString(text).tls.enabled).toBe(enabled);
  });

  it.each([
    'shop.westeurope.redis.azure.net',
    'shop.germany.redis.sovcloud-api.de',
    'shop.france.redis.sovcloud-api.fr',
  ])('of Azure Managed Redis is on, with port 10000, by default: %s', (host) => {
    expect(parseRedisConnectionString(host)).toMatchObject({
      endpoints: [{ port: 10_000 }],
      tls: { enabled: true },
    });
  });

  it.each([
    ['tls12', 'TLSv1.2', 'TLSv1.2'],
    ['TLS13', 'TLSv1.3', 'TLSv1.3'],
    ['tls12|tls13', 'TLSv1.2', 'TLSv1.3'],
    ['Tls13 | Tls12', 'TLSv1.2', 'TLSv1.3'],
    ['3072', 'TLSv1.2', 'TLSv1.2'],
    ['None', undefined, undefined],
  ])('reads the versions %s', (versions, minVersion, maxVersion) => {
    expect(parseRedisConnectionString(`h,ssl=true,sslProtocols=${versions}`).tls).toMatchObject({
      minVersion,
      maxVersion,
    });
  });

  it.each([
    ['tls|tls11|tls12', 'TLSv1.2', 'TLSv1.2', 'tls|tls11'],
    ['Tls12 | Ssl3', 'TLSv1.2', 'TLSv1.2', 'ssl3'],
    ['Default|tls13', 'TLSv1.3', 'TLSv1.3', 'default'],
  ])('leaves the older ones of %s out, and names them as without effect', (given, minVersion, maxVersion, leftOut) => {
    const { tls, ignored } = parseRedisConnectionString(`h,ssl=true,sslProtocols=${given}`);
    expect(tls).toMatchObject({ minVersion, maxVersion });
    expect(ignored).toEqual([`${leftOut} in sslProtocols`]);
  });

  it('reads the name in the certificate', () => {
    expect(parseRedisConnectionString('10.0.0.7,ssl=true,sslHost=shop.example').tls.serverName).toBe('shop.example');
  });
});
