import { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ChangingSource, hearEachOther } from '../support/instances/evictions.js';
import {
  copies,
  eventually,
  fill,
  RedisCaches,
  untilCoherent,
  type CacheOnRedis,
} from '../support/instances/redis-caches.js';
import { RedisCluster } from '../support/redis/redis-cluster.js';
import { RedisProxy } from '../support/redis/redis-proxy.js';
import type { RedisServer } from '../support/redis/redis-server.js';

const NAMESPACE = 'shop';
const caches = new RedisCaches();

/** Two instances of one application. */
async function connectTwo(options: Parameters<RedisCaches['connect']>[0]): Promise<[CacheOnRedis, CacheOnRedis]> {
  return Promise.all([
    caches.connect({ namespace: NAMESPACE, ...options }),
    caches.connect({ namespace: NAMESPACE, ...options }),
  ]);
}

/** What two instances with these options are told of each other. */
const heardWith = async (options: Parameters<typeof connectTwo>[0]) => hearEachOther(...(await connectTwo(options)));

/** A cluster of our own: reached, moved about, and robbed of a primary. @param over - the version of ioredis that the test runs on */
export function describeCluster(over: string): void {
  describe(`a Redis Cluster, ${over}`, () => {
    let cluster: RedisCluster;
    let slot: number;

    beforeAll(async () => {
      cluster = await RedisCluster.start();
      slot = await cluster.slotOf(NAMESPACE);
    });
    afterAll(() => cluster.stop());
    afterEach(() => caches.closeAll());

    it('is reached through any of its nodes, primary or replica, of which some may be away', async () => {
      const { endpoints } = cluster;
      expect(await heardWith({ redisConnectionString: endpoints.join(',') })).toBe(true);
      expect(await heardWith({ redisConnectionString: `127.0.0.1:1,${endpoints[0]}` })).toBe(true);
      for (const endpoint of endpoints) {
        const { cache } = await caches.connect({ redisConnectionString: `redis://${endpoint}`, namespace: NAMESPACE });
        expect(cache.status().state).toBe('coherent');
      }
    });

    it('is reached in RESP3', async () => {
      expect(await heardWith({ redisConnectionString: `${cluster.connectionString},protocol=3` })).toBe(true);
    });

    it('takes an eviction everywhere, once its replica has it', async () => {
      const [a, b] = await connectTwo({
        redisConnectionString: cluster.connectionString,
        namespace: 'everywhere',
        // The list of members is young, so that one whom nobody knows any more has to have lapsed.
        maxStaleness: '1s',
        minReplicas: 1,
        onUndelivered: 'throw',
      });
      await fill('1', 'one', a.cache, b.cache);
      expect(await a.cache.region('products').evict('1', { everywhere: true })).toMatchObject({ instances: 2 });
      expect(copies('1', a.cache, b.cache)).toEqual([undefined, undefined]);
      await a.cache.region('products').evict('2');
    });

    it('is said at boot to be one', async () => {
      const { log } = await caches.connect({ redisConnectionString: cluster.connectionString });
      expect(JSON.stringify(log.lines)).toContain(`redis://${cluster.connectionString}/0 (cluster, no TLS)`);
    });

    it('of which no node is there is named, node by node', async () => {
      const { cache } = caches.start({ redisConnectionString: '127.0.0.1:1,127.0.0.1:2' });
      await expect(cache.firstSync(1)).rejects.toThrow(
        /127\.0\.0\.1:1: connect ECONNREFUSED.*127\.0\.0\.1:2: connect ECONNREFUSED|127\.0\.0\.1:2: .*127\.0\.0\.1:1: /,
      );
    });

    describe('as a Cluster of the application', () => {
      it.each([
        ['connected', async (client: Cluster) => client.ping()],
        ['never connected', async () => 'PONG'],
      ])('that is %s is left as it was', async (_, prepare) => {
        const nodes = cluster.nodes.slice(0, 2).map(({ port }) => ({ host: '127.0.0.1', port }));
        const client = new Cluster(nodes, { lazyConnect: true });
        await prepare(client);
        const status = client.status;

        expect(await heardWith({ redis: client })).toBe(true);
        await caches.closeAll();

        expect(client.status).toBe(status);
        expect(await client.set('theirs', 'value')).toBe('OK');
        client.disconnect();
      });

      it('with a natMap is followed through it', async () => {
        const proxies = await Promise.all(cluster.nodes.map((node) => RedisProxy.start(node.port)));
        const natMap = Object.fromEntries(
          cluster.nodes.map((node, index) => [
            `127.0.0.1:${node.port}`,
            { host: '127.0.0.1', port: proxies[index]?.port ?? 0 },
          ]),
        );
        const owner = cluster.nodes.indexOf(await cluster.ownerOf(slot));
        const entry = proxies[(owner + 1) % proxies.length]?.port ?? 0;
        const client = new Cluster([{ host: '127.0.0.1', port: entry }], { natMap, lazyConnect: true });

        expect(await heardWith({ redis: client })).toBe(true);
        // Two connections of each instance, and both sides of each.
        expect(proxies[owner]?.connections).toBeGreaterThanOrEqual(8);
        await caches.closeAll();
        await Promise.all(proxies.map((proxy) => proxy.stop()));
      });
    });

    it('of which one node brings nothing on its channel is listened to at another', async () => {
      const proxies = await Promise.all(cluster.nodes.map((node) => RedisProxy.start(node.port)));
      const port = (node: RedisServer): number => proxies[cluster.nodes.indexOf(node)]?.port ?? 0;
      const b = await caches.connect({
        redisConnectionString: proxies.map((proxy) => `127.0.0.1:${proxy.port}`).join(','),
        redis: {
          natMap: Object.fromEntries(
            cluster.nodes.map((node) => [`127.0.0.1:${node.port}`, { host: '127.0.0.1', port: port(node) }]),
          ),
        },
        namespace: NAMESPACE,
        maxStaleness: '1s',
      });
      const a = await caches.connect({ redisConnectionString: cluster.connectionString, namespace: NAMESPACE });
      const owner = cluster.nodes.indexOf(await cluster.ownerOf(slot));
      proxies[owner]?.stall({ role: 'subscriber', direction: 'answers' });

      await a.cache.region('products').evict('1');
      await eventually(() => expect(b.cache.stats().bridge.reconnects).toBe(1));
      expect(JSON.stringify(b.log.at('warn'))).toContain('the channel did not bring');
      expect(await hearEachOther(a, b)).toBe(true);
      expect(b.cache.stats().bridge.reconnects).toBe(1);
      await caches.closeAll();
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    });

    it('whose slot is moved while evictions run loses none of them', async () => {
      const [a, b] = await connectTwo({ redisConnectionString: cluster.connectionString, publishTimeout: 100 });
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
      expect([a, b].flatMap(({ log }) => log.at('error'))).toEqual([]);
      expect(await hearEachOther(a, b)).toBe(true);
    });

    it('whose slot is moved key by key from under the members first does not lose any either', async () => {
      const [a, b] = await connectTwo({ redisConnectionString: cluster.connectionString, publishTimeout: 100 });
      const [from, to] = [await cluster.ownerOf(slot), await cluster.otherThan(slot)];
      const source = new ChangingSource(a, b);
      await source.untilChanged(20);

      await cluster.beginMove(slot, from, to);
      await cluster.moveKey(slot, from, to, ':members');
      await source.untilChanged(20);
      // Whoever comes now cannot sync until the move is over.
      const late = caches.start({ redisConnectionString: cluster.connectionString, namespace: NAMESPACE });
      await source.untilChanged(20);
      await cluster.finishMove(slot, from, to);

      expect(await source.settled()).toEqual([]);
      await untilCoherent(late.cache);
      expect(await hearEachOther(a, late)).toBe(true);
    });

    it('that does not answer for the slot any more is left for the node that does', async () => {
      const [a, b] = await connectTwo({ redisConnectionString: cluster.connectionString });
      await fill('1', 'one', a.cache, b.cache);
      const [from, to] = [await cluster.ownerOf(slot), await cluster.otherThan(slot)];
      await cluster.beginMove(slot, from, to);
      await cluster.finishMove(slot, from, to);

      await a.cache.region('products').evict('1');
      await eventually(() => expect(a.cache.stats().bridge.reconnects).toBe(1));
      await untilCoherent(a.cache, b.cache);
      expect(await hearEachOther(a, b)).toBe(true);
    });

    // Last, as it leaves the cluster with a node less.
    it('whose primary of the slot is killed is coherent again on the promoted replica, with all that was evicted meanwhile', async () => {
      const [a, b] = await connectTwo({ redisConnectionString: cluster.connectionString, publishTimeout: 100 });
      const source = new ChangingSource(a, b);
      await source.untilChanged(50);
      const killed = await cluster.ownerOf(slot);

      await cluster.kill(killed);
      await eventually(() => expect(a.cache.status().state).toBe('disconnected'));
      await eventually(() => expect(b.cache.status().state).toBe('disconnected'));
      await a.cache.region('products').evict('while it was away');
      await eventually(async () => expect(await cluster.ownerOf(slot)).not.toBe(killed), 30_000);

      await eventually(() => untilCoherent(a.cache, b.cache), 30_000);
      await source.untilChanged(20);
      expect(await source.settled()).toEqual([]);
      const owner = cluster.admin(await cluster.ownerOf(slot));
      expect(JSON.stringify(await owner.xrange(`{${NAMESPACE}}:log`, '-', '+'))).toContain('while it was away');
      expect(await hearEachOther(a, b)).toBe(true);
    });
  });
}
