import { Cluster } from 'ioredis';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent } from '../support/instances/copies.js';
import { ChangingSource, isReached, reachEachOther } from '../support/instances/evictions.js';
import { instances, logOf, type Instances, type Place } from '../support/instances/instances.js';
import { RedisCluster } from '../support/redis/redis-cluster.js';
import type { RedisServer } from '../support/redis/redis-server.js';
import { proxyTo } from '../support/redis/using-redis.js';

const NAMESPACE = 'shop';

/** Instances in the namespace of which the tests know the slot. */
const inShop = (count: number, ...places: readonly [Place, ...Place[]]): Instances =>
  instances(count)
    .on(...places)
    .with({ namespace: NAMESPACE });

const isReachedAt = (place: Place): Promise<boolean> => isReached(place, { namespace: NAMESPACE });

/** A cluster of our own: reached, moved about, and robbed of a primary. @param over - the version of ioredis that the test runs on */
export function describeCluster(over: string): void {
  describe(`a Redis Cluster, ${over},`, () => {
    let cluster: RedisCluster;
    let slot: number;

    beforeAll(async () => {
      cluster = await RedisCluster.start();
      slot = await cluster.slotOf(NAMESPACE);
      return () => cluster.stop();
    });

    it('is reached through any of its nodes, primary or replica, also when others are down', async () => {
      const { endpoints } = cluster;
      expect(await isReachedAt(cluster)).toBe(true);
      expect(await isReachedAt({ redisConnectionString: `127.0.0.1:1,${endpoints[0]}` })).toBe(true);
      for (const endpoint of endpoints) {
        const { a } = await inShop(1, { redisConnectionString: `redis://${endpoint}` }).connected();
        expect(a.status().state).toBe('coherent');
      }
    });

    it('is reached in RESP3', async () => {
      expect(await isReachedAt({ redisConnectionString: `${cluster.connectionString},protocol=3` })).toBe(true);
    });

    it('resolves an eviction everywhere once the replica of the slot has it', async () => {
      const { a, b } = await instances(2)
        .on(cluster)
        // The list of members is young, so that one whom nobody knows any more has to have lapsed.
        .with({ maxStaleness: '1s', minReplicas: 1, onUndelivered: 'throw' })
        .connected();
      await fill('1', 'one', a, b);
      expect(await a.region('products').evict('1', { everywhere: true })).toMatchObject({ instances: 2 });
      expect(copies('1', a, b)).toEqual([undefined, undefined]);
      await a.region('products').evict('2');
    });

    it('is named as a cluster in the line at boot', async () => {
      const { log } = await instances(1).on(cluster).connected();
      expect(JSON.stringify(log.lines)).toContain(`redis://${cluster.connectionString}/0 (cluster, no TLS)`);
    });

    it('of which no node is there is refused with an error that names every node', async () => {
      const { a } = instances(1).on({ redisConnectionString: '127.0.0.1:1,127.0.0.1:2' }).started();
      await expect(a.firstSync(1)).rejects.toThrow(
        /127\.0\.0\.1:1: connect ECONNREFUSED.*127\.0\.0\.1:2: connect ECONNREFUSED|127\.0\.0\.1:2: .*127\.0\.0\.1:1: /,
      );
    });

    describe('given as a Cluster client of the application', () => {
      it.each([
        ['connected', async (client: Cluster) => client.ping()],
        ['never connected', async () => 'PONG'],
      ])('that is %s is reached, and the client stays as it was', async (_, prepare) => {
        const nodes = cluster.nodes.slice(0, 2).map(({ port }) => ({ host: '127.0.0.1', port }));
        const client = new Cluster(nodes, { lazyConnect: true });
        await prepare(client);
        const status = client.status;

        expect(await isReachedAt({ redis: client })).toBe(true);

        expect(client.status).toBe(status);
        expect(await client.set('theirs', 'value')).toBe('OK');
        client.disconnect();
      });

      it('with a natMap is reached through that', async () => {
        const proxies = await Promise.all(cluster.nodes.map((node) => proxyTo(node)));
        const natMap = Object.fromEntries(
          cluster.nodes.map((node, index) => [
            `127.0.0.1:${node.port}`,
            { host: '127.0.0.1', port: proxies[index]?.port ?? 0 },
          ]),
        );
        const owner = cluster.nodes.indexOf(await cluster.ownerOf(slot));
        const entry = proxies[(owner + 1) % proxies.length]?.port ?? 0;
        const client = new Cluster([{ host: '127.0.0.1', port: entry }], { natMap, lazyConnect: true });

        const { a, b } = await inShop(2, { redis: client }).connected();
        expect(await reachEachOther(a, b)).toBe(true);
        // Two connections of each instance, and both sides of each.
        expect(proxies[owner]?.connections).toBeGreaterThanOrEqual(8);
      });
    });

    it('of which one node delivers nothing on the channel is subscribed to at another node', async () => {
      const proxies = await Promise.all(cluster.nodes.map((node) => proxyTo(node)));
      const port = (node: RedisServer): number => proxies[cluster.nodes.indexOf(node)]?.port ?? 0;
      const throughProxies = {
        redisConnectionString: proxies.map((proxy) => `127.0.0.1:${proxy.port}`).join(','),
        redis: {
          natMap: Object.fromEntries(
            cluster.nodes.map((node) => [`127.0.0.1:${node.port}`, { host: '127.0.0.1', port: port(node) }]),
          ),
        },
      };
      const { a: b } = await inShop(1, throughProxies).with({ maxStaleness: '1s' }).connected();
      const { a } = await inShop(1, cluster).connected();
      const owner = cluster.nodes.indexOf(await cluster.ownerOf(slot));
      proxies[owner]?.stall({ role: 'subscriber', direction: 'answers' });

      await a.region('products').evict('1');
      await eventually(() => expect(b.stats().bridge.reconnects).toBe(1));
      expect(JSON.stringify(logOf(b).at('warn'))).toContain('the channel did not bring');
      expect(await reachEachOther(a, b)).toBe(true);
      expect(b.stats().bridge.reconnects).toBe(1);
    });

    it('whose slot is moved while evictions run loses no eviction', async () => {
      const { a, b, log } = await inShop(2, cluster).with({ publishTimeout: 100 }).connected();
      const [from, to] = [await cluster.ownerOf(slot), await cluster.otherThan(slot)];
      const source = new ChangingSource(a, b);
      await source.untilChanged(50);

      await cluster.beginMove(slot, from, to);
      await source.untilChanged(5);
      await cluster.moveKey(slot, from, to, ':log');
      await source.untilChanged(5);
      await cluster.finishMove(slot, from, to);

      await source.untilChanged(50);
      expect(await source.settled()).toEqual([]);
      expect(await cluster.ownerOf(slot)).toBe(to);
      expect(log.at('error')).toEqual([]);
      expect(await reachEachOther(a, b)).toBe(true);
    });

    it('whose slot is moved key by key, the list of members first, loses no eviction', async () => {
      const { a, b } = await inShop(2, cluster).with({ publishTimeout: 100 }).connected();
      const [from, to] = [await cluster.ownerOf(slot), await cluster.otherThan(slot)];
      const source = new ChangingSource(a, b);
      await source.untilChanged(20);

      await cluster.beginMove(slot, from, to);
      await cluster.moveKey(slot, from, to, ':members');
      await source.untilChanged(20);
      // Whoever comes now cannot sync until the move is over.
      const { a: late } = inShop(1, cluster).started();
      await source.untilChanged(20);
      await cluster.finishMove(slot, from, to);

      expect(await source.settled()).toEqual([]);
      await untilCoherent(late);
      expect(await reachEachOther(a, late)).toBe(true);
    });

    it('whose slot has moved makes the instances dial the node that now owns it', async () => {
      const { a, b } = await inShop(2, cluster).connected();
      await fill('1', 'one', a, b);
      const [from, to] = [await cluster.ownerOf(slot), await cluster.otherThan(slot)];
      await cluster.beginMove(slot, from, to);
      await cluster.finishMove(slot, from, to);

      await a.region('products').evict('1');
      await eventually(() => expect(a.stats().bridge.reconnects).toBe(1));
      await untilCoherent(a, b);
      expect(await reachEachOther(a, b)).toBe(true);
    });

    // Last, as it leaves the cluster with a node less.
    it('whose primary of the slot is killed has both instances coherent on the promoted replica, without a lost eviction', async () => {
      const { a, b } = await inShop(2, cluster).with({ publishTimeout: 100 }).connected();
      const source = new ChangingSource(a, b);
      await source.untilChanged(50);
      const killed = await cluster.ownerOf(slot);

      await cluster.kill(killed);
      await eventually(() => expect(a.status().state).toBe('disconnected'));
      await eventually(() => expect(b.status().state).toBe('disconnected'));
      await a.region('products').evict('while it was away');
      await eventually(async () => expect(await cluster.ownerOf(slot)).not.toBe(killed), 30_000);

      await eventually(() => untilCoherent(a, b), 30_000);
      await source.untilChanged(20);
      expect(await source.settled()).toEqual([]);
      const { admin } = await cluster.ownerOf(slot);
      expect(JSON.stringify(await admin.xrange(`{${NAMESPACE}}:log`, '-', '+'))).toContain('while it was away');
      expect(await reachEachOther(a, b)).toBe(true);
    });
  });
}
