import { Cluster, Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { freePort } from '../../tools/ports.mjs';
import { eventually } from '../support/common/eventually.js';
import { startApplication } from '../support/instances/application.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { reachEachOther } from '../support/instances/evictions.js';
import { instances } from '../support/instances/instances.js';
import { ExpiringSessions } from '../support/redis/expiring-sessions.js';
import { proxyTo, startRedis, usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();

describe('a client of the application, given as the option redis', () => {
  it('serves two instances and stays usable when both have shut down', async () => {
    const client = redis.client();
    const [one, other] = await Promise.all([startApplication({ redis: client }), startApplication({ redis: client })]);
    await fill('1', 'one', one.cache, other.cache);
    await one.cache.region('products').evict('1');
    await untilDropped('1', other.cache);

    await Promise.all([one.close(), other.close()]);
    expect(client.status).toBe('ready');
    expect(await client.set('theirs', 'value')).toBe('OK');
    await eventually(async () => expect(await client.call('CLIENT', 'LIST')).not.toContain('cmd=subscribe'));
  });

  it('is only duplicated: the cache goes on when it is closed', async () => {
    const client = redis.client();
    const { a, b } = await instances(2).on({ redis: client }).connected();
    client.disconnect();
    await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');

    await eventually(() => expect(a.stats().bridge.reconnects).toBe(1));
    await untilCoherent(a, b);
    await fill('1', 'one', b);
    await a.region('products').evict('1');
    await untilDropped('1', b);
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
    const { a: withClient, b: other } = await instances(2).on({ redis: client }, redis).connected();
    await fill('1', 'one', withClient, other);
    await fill('2', 'two', withClient, other);

    await withClient.region('products').evict('1');
    await untilDropped('1', other);
    await other.region('products').evict('2');
    await untilDropped('2', withClient);

    await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => expect(withClient.stats().bridge.reconnects).toBe(1));
    expect(withClient.stats().bridge).toMatchObject({ flushes: 1, gaps: 0, malformed: 0 });
    client.disconnect();
  });

  it.each([
    ['no limit of its own', 0],
    ['a limit beyond the longest timer', 2 ** 40],
  ])('may have %s to the time of connecting, of which Node.js does not warn', async (_, connectTimeout) => {
    const warned = vi.spyOn(process, 'emitWarning');
    const client = new Redis({ port: redis.port, host: '127.0.0.1', lazyConnect: true, connectTimeout });
    const { a } = await instances(1).on({ redis: client }).connected();
    expect(a.status().state).toBe('coherent');
    expect(warned).not.toHaveBeenCalled();
  });

  it('may be a Cluster whose password stands in its nodes, connected or not', async () => {
    const announced = ['--cluster-announce-ip', '127.0.0.1', '--cluster-port', `${await freePort()}`];
    const secured = await startRedis({ password: 'right', args: ['--cluster-enabled', 'yes', ...announced] });
    await secured.admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
    await eventually(async () => expect(await secured.admin.cluster('INFO')).toContain('cluster_state:ok'));
    const node = { host: '127.0.0.1', port: secured.port, password: 'right' };
    for (const nodes of [[node], [`redis://:right@127.0.0.1:${secured.port}`]]) {
      const client = new Cluster(nodes, { lazyConnect: true });
      const { a: before } = await instances(1).on({ redis: client }).connected();
      await client.connect();
      const { a: after } = await instances(1).on({ redis: client }).connected();
      expect(await reachEachOther(before, after)).toBe(true);
      client.disconnect();
    }
  });

  it('wins over a connection string that names another server', async () => {
    const client = redis.client();
    const both = { redis: client, redisConnectionString: 'redis://nowhere.invalid:1' };
    const { a } = await instances(1).on(both).connected();
    expect(a.status().state).toBe('coherent');
  });

  it('keeps its own subscriptions and its own database', async () => {
    const client = redis.client();
    await client.select(5);
    const heard: string[] = [];
    const listener = redis.client();
    listener.on('message', (_, text) => heard.push(text));
    await listener.subscribe('theirs');
    await instances(1).on({ redis: client }).connected();

    await client.set('where', 'five');
    await client.publish('theirs', 'hello');
    await eventually(() => expect(heard).toEqual(['hello']));
    expect(await client.dbsize()).toBe(1);
  });
});

describe('credentials()', () => {
  it('is called at every dial, so that a rotated password is used', async () => {
    const secured = await startRedis({ password: 'first' });
    const { admin } = secured;
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
    const { a, b, log } = await instances(2).on(options).connected();
    await fill('1', 'one', a, b);
    expect(asked).toBe(2);

    await admin.config('SET', 'requirepass', 'second');
    current = 'second';
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await a.region('products').evict('1');

    await untilDropped('1', b);
    await untilCoherent(a, b);
    expect(asked).toBe(4);
    expect(log.at('error')).toEqual([]);
  });

  it.each([
    ['every connection', () => true],
    ['the connection that sends', (index: number) => index === 0],
    ['the connection that listens', (index: number) => index === 1],
  ])('is called again when the server has let the session of %s expire', async (_, which) => {
    const secured = await startRedis({ password: 'token' });
    const sessions = await ExpiringSessions.inFrontOf(secured.port);
    let asked = 0;
    const credentials = async (): Promise<{ password: string }> => {
      asked += 1;
      return { password: 'token' };
    };
    const options = { redisConnectionString: `127.0.0.1:${sessions.port}`, redis: { credentials } };
    const { a, log } = await instances(1).on(options).connected();
    await fill('1', 'one', a);

    sessions.expire(which);
    await eventually(() => expect(asked).toBe(2), 12_000);
    await untilCoherent(a);
    expect(copies('1', a)).toEqual(['one']);
    expect(log.at('error')).toEqual([]);
    expect(log.at('warn')).toMatchObject([{ parameters: { cause: expect.stringContaining('NOAUTH') } }]);
  });

  it('may give an ACL user, and wins over the connection string', async () => {
    const secured = await startRedis({ user: 'shop', password: 'right' });
    const options = {
      redisConnectionString: `127.0.0.1:${secured.port},user=nobody,password=wrong`,
      redis: { credentials: async () => ({ username: 'shop', password: 'right' }) },
    };
    const { a } = await instances(1).on(options).connected();
    expect(a.status().state).toBe('coherent');
  });

  it('that rejects fails the dial, and is called again at the next one', async () => {
    let isVaultOpen = false;
    const credentials = async (): Promise<{ username: string; password: string }> => {
      if (!isVaultOpen) throw new Error('the vault is sealed');
      return { username: 'default', password: 'any' };
    };
    const { a, log } = instances(1).on(redis).with({ redis: { credentials } }).started();
    await expect(a.firstSync(2)).rejects.toThrow('redis.credentials() failed: the vault is sealed');
    expect(JSON.stringify(log.at('warn'))).toContain('the vault is sealed');

    isVaultOpen = true;
    await untilCoherent(a);
  });

  it('that never settles is given up after connectTimeout', async () => {
    const options = {
      redisConnectionString: `127.0.0.1:${redis.port},connectTimeout=100`,
      redis: { credentials: () => new Promise<never>(() => {}) },
    };
    const { a } = instances(1).on(options).started();
    await expect(a.firstSync(1)).rejects.toThrow('100 ms');
    expect(a.status().state).toBe('disconnected');
  });
});

describe('a dial', () => {
  it('to a server that accepts connections and never answers is given up after connectTimeout', async () => {
    const proxy = await proxyTo(redis);
    proxy.blackhole();
    const redisConnectionString = `127.0.0.1:${proxy.port},connectTimeout=100`;
    const { a } = instances(1).on({ redisConnectionString }).started();
    await expect(a.firstSync(2)).rejects.toThrow('no connection within 100 ms');

    proxy.restore();
    await untilCoherent(a);
    expect(copies('1', a)).toEqual([undefined]);
  });

  it('that is running when the application shuts down does not delay it, and leaves no connection', async () => {
    const proxy = await proxyTo(redis);
    proxy.blackhole();
    const { a } = instances(1).on(proxy).started();
    const startedAt = performance.now();
    await a.close();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await eventually(() => expect(proxy.connections).toBe(0));
  });
});
