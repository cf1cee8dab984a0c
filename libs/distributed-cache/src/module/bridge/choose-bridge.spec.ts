import { Cluster, Redis } from 'ioredis';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { InvalidConnectionStringError, InvalidOptionsError } from '../../errors.js';
import { RedisInvalidationBridge } from '../../redis/redis-invalidation-bridge.js';
import { InMemoryInvalidationBridge } from '../../testing/in-memory-invalidation-bridge.js';
import { chooseBridge } from './choose-bridge.js';
import type { ChosenBridge } from './chosen-bridge.js';
import type { DistributedCacheOptions } from '../options/distributed-cache.options.js';

function choose(options: DistributedCacheOptions, settings: Record<string, string> = {}): Promise<ChosenBridge> {
  return chooseBridge(options, (name) => settings[name]);
}

describe('chooseBridge', () => {
  it('chooses local mode without a connection string', async () => {
    expect(await choose({})).toMatchObject({
      bridge: undefined,
      source: 'no connection string',
      redisIdentity: undefined,
    });
  });

  it("chooses local mode for redisConnectionString: '', whatever settings and redis options there are", async () => {
    const options: DistributedCacheOptions = { redisConnectionString: '', redis: { keepAlive: 1_000 } };
    expect(await choose(options, { REDIS_URL: 'redis://setting' })).toMatchObject({
      bridge: undefined,
      source: "redisConnectionString is ''",
    });
  });

  it('prefers the option bridge to all settings', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const chosen = await choose({ bridge, abortConnect: true }, { REDIS_URL: 'not even : a string' });
    expect(chosen).toMatchObject({ bridge, source: 'the option bridge', abortConnect: true, connectRetry: 3 });
  });

  it('prefers a client to all settings', async () => {
    const redis = new Redis({ host: 'client.example', port: 7_000, lazyConnect: true });
    const chosen = await choose({ redis }, { REDIS_URL: 'redis://setting' });
    expect(chosen.source).toBe('the option redis');
    expect(chosen.bridge?.target).toBe('client.example:7000/0');
  });

  it('takes ioredis options alone when there is no connection string', async () => {
    const chosen = await choose({ redis: { host: 'options.example' } });
    expect(chosen.source).toBe('the option redis');
    expect(chosen.bridge).toBeInstanceOf(RedisInvalidationBridge);
  });

  it.each<[string, DistributedCacheOptions['redis'], string]>([
    ['host', { host: 'code.example' }, 'code.example:6379/0'],
    ['host and port', { host: 'code.example', port: 7_000, db: 2 }, 'code.example:7000/2'],
    ['path', { path: '/run/redis.sock' }, '/run/redis.sock'],
    ['sentinels', { sentinels: [{ host: 's.example' }], name: 'main' }, 's.example:26379/main/0 (sentinel)'],
  ])(
    'looks no connection string up when the option redis names the server in code, by its %s',
    async (_, redis, target) => {
      const read: string[] = [];
      const chosen = await chooseBridge({ redis }, (name) => {
        read.push(name);
        return 'rediss://user:Geheim7@setting.example/3?abortConnect=true';
      });
      expect(chosen).toMatchObject({ source: 'the option redis', abortConnect: false });
      expect(chosen.bridge?.target).toBe(target);
      expect(read).toEqual([]);
    },
  );

  it('looks the connection string up when the option redis names nothing but a port of that server', async () => {
    const chosen = await choose({ redis: { port: 7_000 } }, { REDIS_URL: 'redis://setting.example' });
    expect(chosen.bridge?.target).toBe('redis://setting.example:7000/0 (standalone, no TLS)');
  });

  it('merges a host over a connection string that is given in code as well', async () => {
    const redisConnectionString = 'redis://:p@shop.example';
    const chosen = await choose({ redisConnectionString, redis: { host: 'code.example' } });
    expect(chosen.source).toBe('the option redisConnectionString');
    expect(chosen.bridge?.target).toBe('redis://***@code.example:6379/0 (standalone, no TLS)');
  });

  it('takes the connection string with the name of its source', async () => {
    const chosen = await choose({ redis: { keepAlive: 1_000 } }, { REDIS_URL: 'rediss://shop.example' });
    expect(chosen.source).toBe('REDIS_URL');
    expect(chosen.bridge?.target).toBe('rediss://shop.example:6379/0 (standalone, TLS)');
  });

  it('passes on the other settings of the connection string', async () => {
    const text = 'shop.example,abortConnect=true,connectRetry=5,asyncTimeout=700,allowAdmin=true';
    expect(await choose({ redisConnectionString: text })).toMatchObject({
      abortConnect: true,
      connectRetry: 5,
      commandTimeout: 700,
      ignored: ['allowAdmin'],
    });
  });

  it('prefers options to the connection string', async () => {
    const redisConnectionString = 'shop.example,abortConnect=true,asyncTimeout=700';
    expect(await choose({ redisConnectionString, abortConnect: false, commandTimeout: '3s' })).toMatchObject({
      abortConnect: false,
      commandTimeout: 3_000,
    });
  });

  it('refuses a timeout in the connection string that is too short for any answer', async () => {
    const failure = await failureOf(choose({ redisConnectionString: 'shop.example,asyncTimeout=99999999' }));
    expect(failure).toBeInstanceOf(InvalidOptionsError);
    expect(String(failure)).toMatch(/asyncTimeout or syncTimeout in the connection string: 99999999 is not allowed/);
  });
});

describe('A connection string that cannot be used', () => {
  it.each([
    ['RedisConnectionString', 'shop.example,password=Geheim7,ssl=perhaps', /^RedisConnectionString: .*'ssl'/],
    ['REDIS_URL', 'redis://anna:Geheim7@shop.example:port', /^REDIS_URL: /],
    ['CUSTOMCONNSTR_RedisConnectionString', 'https://anna:Geheim7@shop.example', /^CUSTOMCONNSTR_/],
    ['AZURE_REDIS_CONNECTIONSTRING', 'shop.example,passwort=Geheim7', /^AZURE_REDIS_CONNECTIONSTRING: .*passwort/],
  ])('is refused with an error that names the setting %s and contains no secret', async (name, text, message) => {
    const error = await failureOf(choose({}, { [name]: text }));
    expect(error).toBeInstanceOf(InvalidConnectionStringError);
    expect(error).toHaveProperty('message', expect.stringMatching(message));
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('Geheim7');
  });

  it('is refused with an error that names the option', async () => {
    await expect(choose({ redisConnectionString: 'host:0' }, { REDIS_URL: 'redis://setting' })).rejects.toThrow(
      /^the option redisConnectionString: /,
    );
  });
});

describe('Two caches of one namespace', () => {
  it('have one identity in one Cluster client whose nodes are looked up', async () => {
    const redis = new Cluster(['srv.example'], { lazyConnect: true, useSRVRecords: true });
    expect(await meet({ redis }, { redis })).toBe(true);
  });

  async function meet(one: DistributedCacheOptions, other: DistributedCacheOptions): Promise<boolean> {
    return (await choose(one)).redisIdentity === (await choose(other)).redisIdentity;
  }

  it.each<[string, DistributedCacheOptions, DistributedCacheOptions]>([
    ['URL and StackExchange string', { redisConnectionString: 'redis://a' }, { redisConnectionString: 'A:6379' }],
    ['two users', { redisConnectionString: 'redis://u:p@a' }, { redisConnectionString: 'redis://a' }],
    ['two databases', { redisConnectionString: 'redis://a/1' }, { redisConnectionString: 'redis://a/2' }],
    ['string and options', { redisConnectionString: 'redis://a:7' }, { redis: { host: 'a', port: 7 } }],
    [
      'string and client',
      { redisConnectionString: 'a:7' },
      { redis: new Redis({ host: 'a', port: 7, lazyConnect: true }) },
    ],
    ['socket', { redisConnectionString: '!/tmp/redis.sock' }, { redis: { path: '/tmp/redis.sock' } }],
    [
      'a host merged over the string',
      { redisConnectionString: 'redis://a', redis: { host: 'b' } },
      { redis: { host: 'b' } },
    ],
    ['nodes of a cluster in another order', { redisConnectionString: 'a,b' }, { redisConnectionString: 'B:6379,a' }],
    [
      'nodes of a cluster and a client',
      { redisConnectionString: 'a:7,b:8' },
      { redis: new Cluster(['redis://b:8', { host: 'a', port: 7 }], { lazyConnect: true }) },
    ],
    [
      'sentinels in another order',
      { redisConnectionString: 'redis+sentinel://a,b/main' },
      { redis: { sentinels: [{ host: 'b' }, { host: 'a', port: 26_379 }], name: 'main' } },
    ],
    [
      'sentinels and a client',
      { redisConnectionString: 'redis+sentinel://a/main/1' },
      { redis: new Redis({ sentinels: [{ host: 'a' }], name: 'main', lazyConnect: true }) },
    ],
    ['a host merged over a cluster', { redisConnectionString: 'a,b', redis: { host: 'c' } }, { redis: { host: 'c' } }],
  ])('have one identity on one server: %s', async (_what, one, other) => {
    expect(await meet(one, other)).toBe(true);
  });

  it.each<[string, DistributedCacheOptions, DistributedCacheOptions]>([
    ['servers', { redisConnectionString: 'redis://a' }, { redisConnectionString: 'redis://b' }],
    ['ports', { redisConnectionString: 'redis://a' }, { redisConnectionString: 'redis://a:6380' }],
    ['clusters', { redisConnectionString: 'a,b' }, { redisConnectionString: 'a,c' }],
    [
      'services of the same sentinels',
      { redisConnectionString: 'redis+sentinel://a,b/main' },
      { redisConnectionString: 'redis+sentinel://a,b/other' },
    ],
    ['channel prefixes', { redisConnectionString: 'a' }, { redisConnectionString: 'a,channelPrefix=x' }],
    ['bridges', { bridge: new InMemoryInvalidationBridge() }, { bridge: new InMemoryInvalidationBridge() }],
    [
      'clients that look their nodes up',
      { redis: new Cluster(['srv.example'], { lazyConnect: true, useSRVRecords: true }) },
      { redis: new Cluster(['srv.example'], { lazyConnect: true, useSRVRecords: true }) },
    ],
  ])('have two identities on different %s', async (_what, one, other) => {
    expect(await meet(one, other)).toBe(false);
  });
});
