import { leaseAgeOf } from '../support/instances/lease-age.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { DistributedCache } from 'nestjs-distributed-cache';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances, logOf, type Instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { startRedis, usingRedis } from '../support/redis/using-redis.js';

describe('an instance whose Redis refuses commands', () => {
  const redis = usingRedis();

  afterEach(() => config('maxmemory', 0));

  const impatient = (count: number): Instances =>
    instances(count).on(redis).with({ publishTimeout: 50, drainTimeout: 0 });
  const config = (name: string, value: string | number) => redis.admin.config('SET', name, value);

  const untilDelivered = (cache: DistributedCache): Promise<void> =>
    eventually(() => expect(cache.status().outbox).toBe(0));

  /** The payloads that stand in the log. */
  const logged = async (): Promise<string> => JSON.stringify(await redis.admin.xrange(namesInRedis().log, '-', '+'));

  it('for lack of memory has its evictions applied by peers at once, and in the log when there is memory', async () => {
    const { a, b } = await impatient(2).connected();
    await fill('1', 'one', a, b);
    await config('maxmemory', 1);

    await a.region('products').evict('1');
    await untilDropped('1', b);
    expect(a.status().outbox).toBe(1);
    expect(await logged()).not.toContain('["products","1"]'.replaceAll('"', '\\"'));

    await config('maxmemory', 0);
    await untilDelivered(a);
    expect(await logged()).toContain('["products","1"]'.replaceAll('"', '\\"'));
    await untilCoherent(a, b);
    expect(a.stats().bridge.reconnects).toBe(0);
    expect(logOf(a).at('error')).toEqual([]);
    expect(
      logOf(a)
        .at('warn')
        .map(({ message }) => message),
    ).toEqual(['Redis cannot take invalidations at the moment; they wait']);
  });

  it('because a script keeps it busy delivers its outbox when the script is killed', async () => {
    const { a, b } = await impatient(2).connected();
    await fill('1', 'one', a, b);
    await config('busy-reply-threshold', 10);
    const endless = redis.client().eval('while true do end', 0);
    const end = endless.then(() => 'none', String);
    await eventually(() => expect(redis.admin.ping()).rejects.toThrow('BUSY'));

    await a.region('products').evict('1');
    await eventually(() => expect(JSON.stringify(logOf(a).at('warn'))).toContain('BUSY'));
    expect(a.status().outbox).toBe(1);

    await redis.admin.call('SCRIPT', 'KILL');
    expect(await end).toContain('killed');
    await untilDropped('1', b);
    await untilDelivered(a);
    expect(a.stats().bridge.reconnects).toBe(0);
  });

  it.each([
    {
      what: 'READONLY',
      begin: () => redis.admin.replicaof('127.0.0.1', 1),
      end: () => redis.admin.replicaof('NO', 'ONE'),
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
        await redis.admin.replicaof('127.0.0.1', 1);
      },
      end: async () => {
        await redis.admin.replicaof('NO', 'ONE');
        await config('replica-serve-stale-data', 'yes');
      },
    },
  ])(
    'with $what dials again, is disconnected meanwhile, and delivers its outbox later',
    async ({ what, begin, end }) => {
      const { a, b } = await impatient(2).connected();
      await fill('1', 'one', a, b);
      await begin();

      await a.region('products').evict('1');
      await eventually(() => expect(a.status().state).toBe('disconnected'));
      expect(JSON.stringify(logOf(a).at('warn'))).toContain(what);
      const leaseAge = leaseAgeOf(a);
      await eventually(() => expect(a.status().leaseAge).toBeGreaterThan(leaseAge + 100));
      expect(a.status().outbox).toBe(1);

      await end();
      await untilCoherent(a);
      await untilDropped('1', b);
      await untilDelivered(a);
    },
  );

  it('because it is a replica is not coherent until the replica is promoted', async () => {
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${redis.port}`] });
    const { a: cache } = instances(1).on(replica).started();
    await expect(cache.firstSync(1)).rejects.toThrow('READONLY');
    expect(cache.status().state).toBe('disconnected');

    await replica.admin.replicaof('NO', 'ONE');
    await untilCoherent(cache);
  });

  it('because the key of the log has another type logs one error, and goes on when the key is gone', async () => {
    const { a, b } = await impatient(2).connected();
    await fill('1', 'one', a, b);
    await redis.admin.set(namesInRedis().log, 'a string');

    await a.region('products').evict('1');
    await a.region('products').evict('2');
    await eventually(() => expect(logOf(a).at('error')).toHaveLength(1));
    expect(JSON.stringify(logOf(a).at('error'))).toMatch(/WRONGTYPE.*another namespace/);
    expect(a.status().outbox).toBe(2);

    await redis.admin.del(namesInRedis().log);
    await untilDropped('1', b);
    await untilDelivered(a);
    await untilCoherent(a, b);
    expect(logOf(a).at('error')).toHaveLength(1);
  });

  it('because the key of the log has another type at boot logs one error, and goes on when the key is gone', async () => {
    await redis.admin.set(namesInRedis().log, 'a string');
    const { a: cache, log } = impatient(1).started();
    await expect(cache.firstSync(1)).rejects.toThrow('WRONGTYPE');
    expect(log.at('error')).toHaveLength(1);

    await redis.admin.del(namesInRedis().log);
    await untilCoherent(cache);
  });

  it('because of its password at a later dial logs one error, and is coherent when the password is right again', async () => {
    const { a, b } = await impatient(2).connected();
    await fill('1', 'one', b);
    await config('requirepass', 'new-password');
    try {
      await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await eventually(() => expect(logOf(a).at('error')).toHaveLength(1));
      await eventually(() => expect(logOf(b).at('error')).toHaveLength(1));
      expect(JSON.stringify(logOf(a).at('error'))).toContain('NOAUTH');
      await a.region('products').evict('1');
      expect(copies('1', b)).toEqual(['one']);
    } finally {
      await config('requirepass', '');
    }

    await untilCoherent(a, b);
    await untilDropped('1', b);
    expect([a, b].map((each) => logOf(each).at('error').length)).toEqual([1, 1]);
  });

  it('because of maxclients rejects the first sync, and is coherent when there is room', async () => {
    await config('maxclients', 2);
    const { a: cache } = impatient(1).started();
    try {
      // Redis closes right behind its answer, and which of the two is noticed first is a matter of luck.
      await expect(cache.firstSync(1)).rejects.toThrow(/max number of clients|maxclients|closed/);
    } finally {
      await config('maxclients', 10_000);
    }
    await untilCoherent(cache);
  });
});
