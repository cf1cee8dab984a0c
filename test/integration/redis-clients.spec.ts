import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  copies,
  eventually,
  fill,
  RedisCaches,
  untilCoherent,
  untilDropped,
} from '../support/instances/redis-caches.js';
import { startInstance } from '../support/instances/application.js';
import { RedisProxy } from '../support/redis/redis-proxy.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

let redis: RedisServer;
const caches = new RedisCaches();

beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.stop());
afterEach(() => caches.closeAll());

describe('a client of the application, given as the option redis', () => {
  it('serves two instances, and is usable when both have shut down', async () => {
    const client = redis.client();
    const [a, b] = await Promise.all([startInstance({ redis: client }), startInstance({ redis: client })]);
    await fill('1', 'one', a.cache, b.cache);
    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);

    await Promise.all([a.close(), b.close()]);
    expect(client.status).toBe('ready');
    expect(await client.set('theirs', 'value')).toBe('OK');
    await eventually(async () => expect(await client.call('CLIENT', 'LIST')).not.toContain('cmd=subscribe'));
  });

  it('is never used itself: it may be closed while the cache goes on', async () => {
    const client = redis.client();
    const [a, b] = await Promise.all([caches.connect({ redis: client }), caches.connect({ redis: client })]);
    client.disconnect();
    await redis.client().call('CLIENT', 'KILL', 'TYPE', 'pubsub');

    await eventually(() => expect(a.cache.stats().bridge.reconnects).toBe(1));
    await untilCoherent(a.cache, b.cache);
    await fill('1', 'one', b.cache);
    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);
    expect(client.status).toBe('end');
  });

  it.each([
    ['a prefix for keys', { keyPrefix: 'theirs:' }],
    ['no queue while offline, and not connected yet', { enableOfflineQueue: false, lazyConnect: true }],
    ['pipelines of its own making', { enableAutoPipelining: true }],
    ['replies as strings', { stringNumbers: true }],
    ['replies in the shapes of RESP3', { protocol: 3, replyMapping: 'resp3' }],
    ['its own idea of reconnecting', { retryStrategy: () => 1, reconnectOnError: () => 2, autoResubscribe: true }],
    ['its own idea of trying again', { maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true }],
    ['the role of a reader', { readOnly: true }],
  ] as const)('may have %s', async (_, settings) => {
    const client = new Redis({ port: redis.port, host: '127.0.0.1', lazyConnect: true, ...settings });
    client.on('error', () => {});
    const withClient = await caches.connect({ redis: client, namespace: 'any-client' });
    const other = await caches.connect({ redisConnectionString: redis.connectionString, namespace: 'any-client' });
    await fill('1', 'one', withClient.cache, other.cache);
    await fill('2', 'two', withClient.cache, other.cache);

    await withClient.cache.region('products').evict('1');
    await untilDropped('1', other.cache);
    await other.cache.region('products').evict('2');
    await untilDropped('2', withClient.cache);

    await redis.client().call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => expect(withClient.cache.stats().bridge.reconnects).toBe(1));
    expect(withClient.cache.stats().bridge).toMatchObject({ flushes: 1, gaps: 0, malformed: 0 });
    client.disconnect();
  });

  it('wins over every setting that names another server', async () => {
    const client = redis.client();
    const { cache } = await caches.connect({ redis: client, redisConnectionString: 'redis://nowhere.invalid:1' });
    expect(cache.status().state).toBe('coherent');
  });

  it('keeps its own subscriptions and its own database', async () => {
    const client = redis.client();
    await client.select(5);
    const heard: string[] = [];
    const listener = redis.client();
    listener.on('message', (_, text) => heard.push(text));
    await listener.subscribe('theirs');
    await caches.connect({ redis: client });

    await client.set('where', 'five');
    await client.publish('theirs', 'hello');
    await eventually(() => expect(heard).toEqual(['hello']));
    expect(await client.dbsize()).toBe(1);
  });
});

describe('credentials()', () => {
  it('is asked again at every dial, so that a password may change under way', async () => {
    const secured = await startRedisServer({ password: 'first' });
    const admin = secured.client();
    let current = 'first';
    let asked = 0;
    const options = {
      redisConnectionString: `127.0.0.1:${secured.port}`,
      redis: {
        credentials: async () => {
          asked += 1;
          return { password: current };
        },
      },
    };
    const [a, b] = await Promise.all([caches.connect(options), caches.connect(options)]);
    await fill('1', 'one', a.cache, b.cache);
    expect(asked).toBe(2);

    await admin.config('SET', 'requirepass', 'second');
    current = 'second';
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await a.cache.region('products').evict('1');

    await untilDropped('1', b.cache);
    await untilCoherent(a.cache, b.cache);
    expect(asked).toBe(4);
    expect([a, b].flatMap(({ log }) => log.at('error'))).toEqual([]);
    await caches.closeAll();
    await secured.stop();
  });

  it('may name an ACL user, and wins over the string', async () => {
    const secured = await startRedisServer({ user: 'shop', password: 'right' });
    const { cache } = await caches.connect({
      redisConnectionString: `127.0.0.1:${secured.port},user=nobody,password=wrong`,
      redis: { credentials: async () => ({ username: 'shop', password: 'right' }) },
    });
    expect(cache.status().state).toBe('coherent');
    await caches.closeAll();
    await secured.stop();
  });

  it('that fails is a dial that failed, and is tried again', async () => {
    let isVaultOpen = false;
    const { cache, log } = caches.start({
      redisConnectionString: redis.connectionString,
      redis: {
        credentials: async () => {
          if (!isVaultOpen) throw new Error('the vault is sealed');
          return { username: 'default', password: 'any' };
        },
      },
    });
    await expect(cache.firstSync(2)).rejects.toThrow('redis.credentials() failed: the vault is sealed');
    expect(JSON.stringify(log.at('warn'))).toContain('the vault is sealed');

    isVaultOpen = true;
    await untilCoherent(cache);
  });

  it('that never answers is given up after connectTimeout', async () => {
    const { cache } = caches.start({
      redisConnectionString: `${redis.connectionString.replace('redis://', '')},connectTimeout=100`,
      redis: { credentials: () => new Promise(() => {}) },
    });
    await expect(cache.firstSync(1)).rejects.toThrow('100 ms');
    expect(cache.status().state).toBe('disconnected');
  });
});

describe('a dial', () => {
  it('to a server that accepts and says nothing is given up after connectTimeout', async () => {
    const proxy = await RedisProxy.start(redis.port);
    proxy.blackhole();
    const { cache } = caches.start({ redisConnectionString: `127.0.0.1:${proxy.port},connectTimeout=100` });
    await expect(cache.firstSync(2)).rejects.toThrow('no connection within 100 ms');

    proxy.restore();
    await untilCoherent(cache);
    expect(copies('1', cache)).toEqual([undefined]);
    await caches.closeAll();
    await proxy.stop();
  });

  it('that is under way when the application shuts down does not hold it up, and leaves no connection', async () => {
    const proxy = await RedisProxy.start(redis.port);
    proxy.blackhole();
    const { cache } = caches.start({ redisConnectionString: proxy.connectionString });
    const startedAt = performance.now();
    await cache.close();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await eventually(() => expect(proxy.connections).toBe(0));
    await proxy.stop();
  });
});
