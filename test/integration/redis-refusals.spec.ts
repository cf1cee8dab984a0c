import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DistributedCache } from 'nestjs-distributed-cache';
import {
  copies,
  eventually,
  fill,
  RedisCaches,
  untilCoherent,
  untilDropped,
} from '../support/instances/redis-caches.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

const LOG = '{distributed-cache}:log';

describe('an instance whose Redis refuses', () => {
  let redis: RedisServer;
  let admin: Redis;
  const caches = new RedisCaches();

  beforeAll(async () => {
    redis = await startRedisServer();
    admin = redis.client();
  });
  afterAll(() => redis.stop());
  afterEach(async () => {
    await caches.closeAll();
    await config('maxmemory', 0);
    await admin.flushall();
  });

  const options = () => ({ redisConnectionString: redis.connectionString, publishTimeout: 50, drainTimeout: 0 });
  const connectTwo = () => Promise.all([caches.connect(options()), caches.connect(options())]);
  const config = (name: string, value: string | number) => admin.config('SET', name, value);

  const untilDelivered = (cache: DistributedCache): Promise<void> =>
    eventually(() => expect(cache.status().outbox).toBe(0));

  /** The payloads that stand in the log. */
  const logged = async (): Promise<string> => JSON.stringify(await admin.xrange(LOG, '-', '+'));

  it('for want of memory: its peers drop at once, and the log is told when there is some', async () => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', a.cache, b.cache);
    await config('maxmemory', 1);

    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);
    expect(a.cache.status().outbox).toBe(1);
    expect(await logged()).not.toContain('["products","1"]'.replaceAll('"', '\\"'));

    await config('maxmemory', 0);
    await untilDelivered(a.cache);
    expect(await logged()).toContain('["products","1"]'.replaceAll('"', '\\"'));
    await untilCoherent(a.cache, b.cache);
    expect(a.cache.stats().bridge.reconnects).toBe(0);
    expect(a.log.at('error')).toEqual([]);
    expect(a.log.at('warn').map(({ message }) => message)).toEqual([
      'Redis cannot take invalidations at the moment; they wait',
    ]);
  });

  it('because a script keeps it busy: what waited is delivered when that was killed', async () => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', a.cache, b.cache);
    await config('busy-reply-threshold', 10);
    const endless = redis.client().eval('while true do end', 0);
    const end = endless.then(() => 'none', String);
    await eventually(() => expect(admin.ping()).rejects.toThrow('BUSY'));

    await a.cache.region('products').evict('1');
    await eventually(() => expect(JSON.stringify(a.log.at('warn'))).toContain('BUSY'));
    expect(a.cache.status().outbox).toBe(1);

    await admin.call('SCRIPT', 'KILL');
    expect(await end).toContain('killed');
    await untilDropped('1', b.cache);
    await untilDelivered(a.cache);
    expect(a.cache.stats().bridge.reconnects).toBe(0);
  });

  it.each([
    {
      what: 'READONLY',
      begin: () => admin.replicaof('127.0.0.1', 1),
      end: () => admin.replicaof('NO', 'ONE'),
    },
    {
      what: 'NOREPLICAS',
      begin: () => config('min-replicas-to-write', 1),
      end: () => config('min-replicas-to-write', 0),
    },
    {
      what: 'MASTERDOWN',
      begin: async () => {
        await config('replica-serve-stale-data', 'no');
        await admin.replicaof('127.0.0.1', 1);
      },
      end: async () => {
        await admin.replicaof('NO', 'ONE');
        await config('replica-serve-stale-data', 'yes');
      },
    },
  ])('with $what: it dials again, trusts nothing meanwhile, and delivers later', async ({ what, begin, end }) => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', a.cache, b.cache);
    await begin();

    await a.cache.region('products').evict('1');
    await eventually(() => expect(a.cache.status().state).toBe('disconnected'));
    expect(JSON.stringify(a.log.at('warn'))).toContain(what);
    const { leaseAge } = a.cache.status();
    await eventually(() => expect(a.cache.status().leaseAge).toBeGreaterThan(leaseAge + 100));
    expect(a.cache.status().outbox).toBe(1);

    await end();
    await untilCoherent(a.cache);
    await untilDropped('1', b.cache);
    await untilDelivered(a.cache);
  });

  it('because it is a replica: it is not taken for coherent until that is promoted', async () => {
    const replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', `${redis.port}`] });
    const { cache } = caches.start({ redisConnectionString: replica.connectionString });
    await expect(cache.firstSync(1)).rejects.toThrow('READONLY');
    expect(cache.status().state).toBe('disconnected');

    await replica.client().replicaof('NO', 'ONE');
    await untilCoherent(cache);
    await caches.closeAll();
    await replica.stop();
  });

  it('because the log is something else: it says so once, loudly, and goes on when that is gone', async () => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', a.cache, b.cache);
    await admin.set(LOG, 'a string');

    await a.cache.region('products').evict('1');
    await a.cache.region('products').evict('2');
    await eventually(() => expect(a.log.at('error')).toHaveLength(1));
    expect(JSON.stringify(a.log.at('error'))).toMatch(/WRONGTYPE.*another namespace/);
    expect(a.cache.status().outbox).toBe(2);

    await admin.del(LOG);
    await untilDropped('1', b.cache);
    await untilDelivered(a.cache);
    await untilCoherent(a.cache, b.cache);
    expect(a.log.at('error')).toHaveLength(1);
  });

  it('because the log is something else at boot: it says so, and goes on when that is gone', async () => {
    await admin.set(LOG, 'a string');
    const { cache, log } = caches.start(options());
    await expect(cache.firstSync(1)).rejects.toThrow('WRONGTYPE');
    expect(log.at('error')).toHaveLength(1);

    await admin.del(LOG);
    await untilCoherent(cache);
  });

  it('the password at a later dial: it says so once, loudly, and is coherent when that is mended', async () => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', b.cache);
    await config('requirepass', 'new-password');
    try {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await eventually(() => expect(a.log.at('error')).toHaveLength(1));
      await eventually(() => expect(b.log.at('error')).toHaveLength(1));
      expect(JSON.stringify(a.log.at('error'))).toContain('NOAUTH');
      await a.cache.region('products').evict('1');
      expect(copies('1', b.cache)).toEqual(['one']);
    } finally {
      await config('requirepass', '');
    }

    await untilCoherent(a.cache, b.cache);
    await untilDropped('1', b.cache);
    expect([a, b].map(({ log }) => log.at('error').length)).toEqual([1, 1]);
  });

  it('one more client: it says so, and is coherent when there is room', async () => {
    await config('maxclients', 2);
    const { cache } = caches.start(options());
    try {
      // Redis closes right behind its answer, and which of the two is noticed first is a matter of luck.
      await expect(cache.firstSync(1)).rejects.toThrow(/max number of clients|maxclients|closed/);
    } finally {
      await config('maxclients', 10_000);
    }
    await untilCoherent(cache);
  });
});
