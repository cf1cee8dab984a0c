import { Cluster } from 'ioredis';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { untilCoherent } from '../support/instances/copies.js';
import { ChangingSource, isReached, reachEachOther } from '../support/instances/evictions.js';
import { instances, type Place } from '../support/instances/instances.js';
import { createRedisCertificate, type RedisCertificate } from '../support/redis/redis-certificate.js';
import { RedisCluster } from '../support/redis/redis-cluster.js';
import type { RedisServer } from '../support/redis/redis-server.js';

const NAMESPACE = 'shop';

describe('a Redis Cluster behind one TLS endpoint, whose nodes announce addresses and share the name of one certificate,', () => {
  let certificate: RedisCertificate;
  let cluster: RedisCluster;
  let slot: number;
  /** A node that does not hold the slot. */
  let endpoint: RedisServer;

  beforeAll(async () => {
    certificate = await createRedisCertificate('DNS:localhost');
    cluster = await RedisCluster.start({ tls: certificate });
    slot = await cluster.slotOf(NAMESPACE);
    endpoint = await cluster.otherThan(slot);
    return async () => {
      await cluster.stop();
      await certificate.remove();
    };
  });

  const trusting = (redisConnectionString: string): Place => ({
    redisConnectionString,
    redis: { tls: { ca: certificate.ca } },
  });

  it.each([
    ['the name of its endpoint', () => `rediss://localhost:${endpoint.port}`],
    ['sslHost, where the endpoint is an address', () => `127.0.0.1:${endpoint.port},ssl=true,sslHost=localhost`],
    ['sslHost, from several addresses', () => `${cluster.connectionString},ssl=true,sslHost=localhost`],
  ])('is reached by %s', async (_, connectionString) => {
    expect(await isReached(trusting(connectionString()), { namespace: NAMESPACE })).toBe(true);
  });

  it('is reached through a Cluster client of the application, which stays usable', async () => {
    const tls = { ca: certificate.ca, servername: 'localhost' };
    const client = new Cluster([{ host: 'localhost', port: endpoint.port }], { redisOptions: { tls } });
    expect(await client.set('theirs', 'value')).toBe('OK');
    expect(await isReached({ redis: client }, { namespace: NAMESPACE })).toBe(true);
    expect(await client.get('theirs')).toBe('value');
    client.disconnect();
  });

  it('is refused by its address alone, with the advice to set sslHost', async () => {
    const { a } = instances(1)
      .on(trusting(`rediss://127.0.0.1:${endpoint.port}`))
      .started();
    await expect(a.firstSync(1)).rejects.toThrow(/certificate.*sslHost/);
  });

  it('is refused when its authority is not trusted, with the advice to set redis: { tls: { ca } }', async () => {
    const { a } = instances(1)
      .on({ redisConnectionString: `rediss://localhost:${endpoint.port}` })
      .started();
    await expect(a.firstSync(1)).rejects.toThrow(/certificate.*redis: \{ tls: \{ ca \} \}/);
  });

  it('has both instances coherent on the promoted replica when the primary of the slot is killed', async () => {
    const { a, b } = await instances(2)
      .on(trusting(`rediss://localhost:${endpoint.port}`))
      .with({ namespace: NAMESPACE, publishTimeout: 100 })
      .connected();
    const source = new ChangingSource(a, b);
    await source.untilChanged(20);
    const killed = await cluster.ownerOf(slot);
    await cluster.kill(killed);
    await eventually(async () => expect(await cluster.ownerOf(slot)).not.toBe(killed), 30_000);

    await source.untilChanged(20);
    await untilCoherent(a, b);
    expect(await source.settled()).toEqual([]);
    expect(await reachEachOther(a, b)).toBe(true);
  });
});
