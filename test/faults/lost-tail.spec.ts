import { leaseAgeOf } from '../support/instances/lease-age.js';
import type { DistributedCache } from 'nestjs-distributed-cache';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances, logOf } from '../support/instances/instances.js';
import { RedisPair } from '../support/redis/redis-pair.js';
import { RedisSwitch } from '../support/redis/redis-switch.js';

/** An instance, and the address by which it reaches Redis. */
interface Instance {
  readonly cache: DistributedCache;
  readonly address: RedisSwitch;
}

/** Replication is asynchronous: what an old primary has accepted last, the new one may never have heard of. */
describe('an eviction that the old primary accepted and the new primary never received', () => {
  let redis: RedisPair;

  beforeEach(async () => {
    redis = await RedisPair.start();
    onTestFinished(() => redis.stop());
  });

  /** An instance on the server at `port`. Its lease is so long that a copy it has lost was dropped, and did not lapse. */
  async function connect(port = redis.primary.port): Promise<Instance> {
    const address = await RedisSwitch.start(port);
    onTestFinished(() => address.stop());
    const options = { publishTimeout: 200, drainTimeout: 0, commandTimeout: 500 };
    const { a: cache } = await instances(1).on(address).with(options).connected();
    return { cache, address };
  }

  /** Leads the instances to the server at `port`, and waits until they have synced there. */
  async function moveTo(port: number, ...moved: Instance[]): Promise<void> {
    for (const { cache, address } of moved) {
      const { reconnects } = cache.stats().bridge;
      address.leadTo(port);
      await eventually(() => expect(cache.stats().bridge.reconnects).toBe(reconnects + 1));
    }
    await untilCoherent(...moved.map(({ cache }) => cache));
  }

  const onTheNewPrimary = (...moved: Instance[]): Promise<void> => moveTo(redis.replica.port, ...moved);

  /** Cuts an instance off; it goes on serving its copies, for as long as its lease lasts. */
  const cutOff = async ({ cache, address }: Instance): Promise<void> => {
    address.leadTo(undefined);
    await eventually(() => expect(cache.status().state).toBe('disconnected'));
  };

  it('leaves no instance with the old value when the primary dies and its publisher lives', async () => {
    const [publisher, other] = [await connect(), await connect()];
    await fill('1', 'old', publisher.cache, other.cache);
    await cutOff(other);
    await redis.stopReplicating();
    await publisher.cache.region('products').evict('1');
    expect(await redis.log('primary')).toContain('"1');
    await redis.primary.kill();

    await redis.promote();
    await onTheNewPrimary(publisher, other);
    expect(copies('1', publisher.cache, other.cache)).toEqual([undefined, undefined]);
  });

  it('leaves no instance with the old value when the primary and its publisher die', async () => {
    const [publisher, other] = [await connect(), await connect()];
    await fill('1', 'old', publisher.cache, other.cache);
    await cutOff(other);
    await redis.stopReplicating();
    await publisher.cache.region('products').evict('1');
    publisher.address.leadTo(undefined);
    await redis.primary.kill();

    await redis.promote();
    await onTheNewPrimary(other);
    expect(copies('1', other.cache)).toEqual([undefined]);
  });

  it('is republished by a publisher that did not receive the answer of the old primary', async () => {
    const [publisher, other] = [await connect(), await connect()];
    await redis.stopReplicating();
    await redis.promote();
    // On the new primary before the eviction, so that nothing but a message can reach it.
    await onTheNewPrimary(other);
    await fill('1', 'old', publisher.cache, other.cache);
    // The server must know the script by then: that it does not would be an answer, too.
    await publisher.cache.evictTags('any');
    publisher.address.muffle();
    await publisher.cache.region('products').evict('1');
    await eventually(async () => expect(await redis.log('primary')).toContain('products'));
    await redis.primary.kill();

    await onTheNewPrimary(publisher);
    await untilDropped('1', other.cache);
  });

  it('is republished by a publisher to which the old primary, cut off from its replica, had confirmed it', async () => {
    const [publisher, other] = [await connect(), await connect()];
    await redis.stopReplicating();
    await redis.promote();
    await onTheNewPrimary(other);
    await fill('1', 'old', publisher.cache, other.cache);
    await publisher.cache.region('products').evict('1');
    expect(publisher.cache.status().outbox).toBe(0);
    expect(copies('1', other.cache)).toEqual(['old']);

    await onTheNewPrimary(publisher);
    await untilDropped('1', other.cache);
    expect(await redis.log('replica')).toContain('products');
  });

  it('is republished each time there is another primary', async () => {
    const [publisher, other] = [await connect(), await connect()];
    await redis.stopReplicating();
    await publisher.cache.region('products').evict('1');
    await redis.promote();
    await onTheNewPrimary(other);
    await fill('1', 'old', other.cache);
    await onTheNewPrimary(publisher);
    await untilDropped('1', other.cache);

    await redis.demoteOld();
    await redis.promoteOld();
    await moveTo(redis.primary.port, other);
    await fill('1', 'old', other.cache);
    await moveTo(redis.primary.port, publisher);
    await untilDropped('1', other.cache);
    expect(await redis.log('primary')).toContain('products');
  });

  it('makes an instance flush that reconnects to a server which was demoted and promoted meanwhile', async () => {
    const [publisher, other] = [await connect(), await connect()];
    await fill('1', 'old', publisher.cache, other.cache);
    await cutOff(other);
    await redis.stopReplicating();
    await publisher.cache.region('products').evict('1');
    publisher.address.leadTo(undefined);
    await redis.promote();
    await redis.demoteOld();
    await redis.promoteOld();
    // The same process, with the entry up to which the instance has heard everything; what came after that is gone.
    expect(await redis.log('primary')).not.toContain('products');

    await moveTo(redis.primary.port, other);
    expect(copies('1', other.cache)).toEqual([undefined]);
  });

  it('is not missed on a replica: an instance that is led to one is not coherent', async () => {
    const [publisher, other] = [await connect(), await connect()];
    await fill('1', 'old', publisher.cache, other.cache);
    await redis.stopReplicating();
    other.address.leadTo(redis.replica.port);
    await eventually(() => expect(other.cache.status().state).toBe('disconnected'));
    await publisher.cache.region('products').evict('1');
    await eventually(() => expect(JSON.stringify(logOf(other.cache).at('warn'))).toContain('Disconnected'));
    const leaseAge = leaseAgeOf(other.cache);
    await eventually(() => expect(other.cache.status().leaseAge).toBeGreaterThan(leaseAge + 500));
    expect(other.cache.status().state).toBe('disconnected');

    other.address.leadTo(redis.primary.port);
    await untilDropped('1', other.cache);
  });
});
