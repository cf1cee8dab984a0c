import { describe, expect, it } from 'vitest';
import { reachEachOther } from '../support/instances/evictions.js';
import { instances } from '../support/instances/instances.js';
import { Answering } from '../support/redis/answering.js';
import { usingRedis } from '../support/redis/using-redis.js';

describe('a node that answers', () => {
  const redis = usingRedis();

  it.each([
    ['to an address', () => `MOVED 1 127.0.0.1:${redis.port}`],
    ['to a name', () => `MOVED 1 localhost:${redis.port}`],
    ['to another port of its own', () => `MOVED 1 :${redis.port}`],
  ])('MOVED %s is followed there', async (_, answer) => {
    const server = await Answering.with(answer);
    const { a, b } = await instances(2).on(server).connected();
    expect(await reachEachOther(a, b)).toBe(true);
  });

  it('MOVED to itself is given up after five redirections', async () => {
    const server = await Answering.with((ownPort) => `MOVED 1 127.0.0.1:${ownPort}`);
    const { a } = instances(1)
      .on({ redisConnectionString: `127.0.0.1:${server.port},name=` })
      .started();
    await expect(a.firstSync(1)).rejects.toThrow(`127.0.0.1:${server.port} → 127.0.0.1:${server.port} → `);
    await expect(a.firstSync(1)).rejects.toThrow('in a circle');
  });

  it('MOVED to a node without a known name is refused with the advice to set cluster-announce-hostname', async () => {
    const server = await Answering.with(() => 'MOVED 1 ?:6379');
    const { a } = instances(1).on(server).started();
    await expect(a.firstSync(1)).rejects.toThrow(/cluster-announce-hostname/);
  });

  it('MOVED to an address where nothing listens is refused with the whole path of redirections', async () => {
    const server = await Answering.with(() => 'MOVED 1 127.0.0.1:1');
    const { a } = instances(1).on(server).started();
    await expect(a.firstSync(1)).rejects.toThrow(
      `127.0.0.1:${server.port} → 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1`,
    );
  });

  it('CLUSTERDOWN is passed over for the next endpoint', async () => {
    const down = await Answering.with(() => 'CLUSTERDOWN The cluster is down');
    const { a, b } = await instances(2)
      .on({ redisConnectionString: `127.0.0.1:${down.port},127.0.0.1:${redis.port}` })
      .connected();
    expect(await reachEachOther(a, b)).toBe(true);

    const { a: lost } = instances(1)
      .on({ redisConnectionString: `127.0.0.1:${down.port},127.0.0.1:1` })
      .started();
    await expect(lost.firstSync(1)).rejects.toThrow(/CLUSTERDOWN/);
  });
});
