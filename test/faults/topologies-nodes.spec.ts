import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { untilCoherent } from '../support/instances/copies.js';
import { ChangingSource, reachEachOther } from '../support/instances/evictions.js';
import { ConfirmedEvictions } from '../support/instances/confirmed-evictions.js';
import { instances, type Instances } from '../support/instances/instances.js';
import { RedisCluster } from '../support/redis/redis-cluster.js';
import type { RedisServer } from '../support/redis/redis-server.js';

const NAMESPACE = 'shop';

/** Instances that were told of one node only. */
const atNode = (count: number, { port }: RedisServer): Instances =>
  instances(count)
    .on({ redisConnectionString: `redis://127.0.0.1:${port}` })
    .with({ namespace: NAMESPACE, publishTimeout: 100 });

describe('an eviction everywhere in a Redis Cluster that is confirmed', () => {
  let cluster: RedisCluster;
  let slot: number;
  beforeAll(async () => {
    cluster = await RedisCluster.start();
    slot = await cluster.slotOf(NAMESPACE);
    return () => cluster.stop();
  });

  const evicting = async (): Promise<ConfirmedEvictions> => {
    const { a, b, c } = await instances(3)
      .on(cluster)
      .with({ namespace: NAMESPACE, maxStaleness: '300ms' })
      .connected();
    return new ConfirmedEvictions(a, b, c);
  };

  it('leaves no read that gets the old value while the slot is moved to and fro', async () => {
    const evictions = await evicting();
    for (let i = 0; i < 4; i += 1) {
      await evictions.untilConfirmed(2);
      const [from, to] = [await cluster.ownerOf(slot), await cluster.otherThan(slot)];
      await cluster.beginMove(slot, from, to);
      await cluster.moveKey(slot, from, to, i % 2 === 0 ? ':members' : ':log');
      await cluster.finishMove(slot, from, to);
    }
    await evictions.untilConfirmed(2);
    expect(await evictions.readTooEarly()).toEqual([]);
  });

  it('leaves no read that gets the old value while the primary of the slot fails over as planned', async () => {
    const evictions = await evicting();
    await evictions.untilConfirmed(2);
    await cluster.failOver(slot);
    await evictions.untilConfirmed(5);
    expect(await evictions.readTooEarly()).toEqual([]);
  });

  // Last, as it leaves the cluster with a node less.
  it('leaves no read that gets the old value while the primary of the slot is frozen and its replica promoted', async () => {
    const evictions = await evicting();
    await evictions.untilConfirmed(2);
    const frozen = await cluster.ownerOf(slot);
    await cluster.whileFrozen(frozen, async () => {
      await eventually(async () => expect(await cluster.ownerOf(slot)).not.toBe(frozen), 30_000);
    });
    await evictions.untilConfirmed(5);
    expect(await evictions.readTooEarly()).toEqual([]);
  });
});

// In this order: each test leaves the cluster with a node less.
describe('an instance of which the connection string names one node of a Redis Cluster', () => {
  let cluster: RedisCluster;
  let slot: number;
  beforeAll(async () => {
    cluster = await RedisCluster.start();
    slot = await cluster.slotOf(NAMESPACE);
    return () => cluster.stop();
  });

  it('finds the promoted replica when that node is killed, and loses no eviction', async () => {
    const killed = await cluster.ownerOf(slot);
    const { a, b } = await atNode(2, killed).connected();
    const source = new ChangingSource(a, b);
    await source.untilChanged(20);

    await cluster.kill(killed);
    await eventually(async () => expect(await cluster.ownerOf(slot)).not.toBe(killed), 30_000);

    await untilCoherent(a, b);
    await source.untilChanged(20);
    expect(await source.settled()).toEqual([]);
    expect(await reachEachOther(a, b)).toBe(true);
  });

  it('finds the other nodes when that node is taken out of the cluster, and its evictions leave', async () => {
    const node = await cluster.ownerOf(slot);
    const to = await cluster.otherThan(slot);
    const { a } = await atNode(1, node).connected();
    await cluster.takeOut(node, to);
    const { a: late } = await atNode(1, to).connected();

    await a.region('products').evict('1');
    await eventually(() => expect(a.status()).toMatchObject({ state: 'coherent', outbox: 0 }));
    expect(await reachEachOther(a, late)).toBe(true);
  });
});
