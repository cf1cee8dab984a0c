import { Cluster, Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import { eventually } from '../support/common/eventually.js';
import { untilCoherent } from '../support/instances/copies.js';
import { reachEachOther } from '../support/instances/evictions.js';
import { instances, logOf } from '../support/instances/instances.js';
import { Answering } from '../support/redis/answering.js';
import { FIRST_ADDRESS, SECOND_ADDRESS, usingHostNames } from '../support/redis/host-names.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { COMMANDS } from '../support/redis/redis-permissions.js';
import { RedisSentinel, SERVICE, type RedisSentinelOptions } from '../support/redis/redis-sentinel.js';
import type { RedisServer } from '../support/redis/redis-server.js';
import { redisOnTwoAddresses, startRedis } from '../support/redis/using-redis.js';

const NAME = 'redis.test';

/** Syncs ten times a second, so that the name is asked for as often as it may be. */
const QUICK = { maxStaleness: '300ms' } as const;

const names = usingHostNames();

const linkedTo = async (server: RedisServer): Promise<number> => server.admin.zcount(namesInRedis().members, 0, '+inf');

/** Waits until `count` more questions about the name were asked. */
async function untilAsked(count: number): Promise<void> {
  const target = names.asked(NAME) + count;
  await eventually(() => expect(names.asked(NAME)).toBeGreaterThanOrEqual(target), 25_000);
}

async function startSentinel(primary: RedisServer, options: RedisSentinelOptions): Promise<RedisSentinel> {
  const sentinel = await RedisSentinel.start(primary.port, options);
  onTestFinished(() => sentinel.stop());
  return sentinel;
}

const reconnects = (cache: DistributedCache): number => cache.stats().bridge.reconnects;

/** The parameters of the lines about a lost link. */
function lossesTold(cache: DistributedCache): readonly (object | undefined)[] {
  const losses = logOf(cache).lines.filter(({ message }) => message.startsWith('Disconnected'));
  return losses.map(({ parameters }) => parameters);
}

describe('a link whose name leads to another server', () => {
  it('is dialled anew while the old server still answers, with one line that says why', async () => {
    const [old, next] = await redisOnTwoAddresses();
    names.lead(NAME, FIRST_ADDRESS);
    const { a, b } = await instances(2)
      .on({ redis: { host: NAME, port: old.port } })
      .with(QUICK)
      .connected();
    expect(await linkedTo(old)).toBe(2);

    names.lead(NAME, SECOND_ADDRESS);
    await eventually(async () => expect(await linkedTo(next)).toBe(2), 20_000);
    await untilCoherent(a, b);
    expect(await reachEachOther(a, b)).toBe(true);
    for (const each of [a, b]) {
      expect(reconnects(each)).toBe(1);
      expect(lossesTold(each)).toEqual([
        expect.objectContaining({
          cause: `the name ${NAME} leads to another server now: to ${SECOND_ADDRESS}, no longer to ${FIRST_ADDRESS}`,
        }),
      ]);
    }
  });

  it('is dialled anew if the client of the application names the server, or the dnsLookup of its Cluster', async () => {
    const [old, next] = await redisOnTwoAddresses();
    names.lead(NAME, FIRST_ADDRESS);
    let isMoved = false;
    const client = new Redis({ host: NAME, port: old.port, lazyConnect: true });
    const cluster = new Cluster([{ host: 'of-the-application.test', port: old.port }], {
      lazyConnect: true,
      dnsLookup: (_, callback) => callback(null, isMoved ? SECOND_ADDRESS : FIRST_ADDRESS),
    });
    const { a, b } = await instances(2).on({ redis: client }, { redis: cluster }).with(QUICK).connected();

    isMoved = true;
    names.lead(NAME, SECOND_ADDRESS);
    await eventually(async () => expect(await linkedTo(next)).toBe(2), 20_000);
    await untilCoherent(a, b);
    expect(await reachEachOther(a, b)).toBe(true);
  });

  it('is dialled anew without the permission to ask for the run of a server', async () => {
    const args = ['--user', 'restricted', 'on', '>secret', '~*', '&*', ...COMMANDS];
    const [old, next] = await redisOnTwoAddresses({ args });
    names.lead(NAME, FIRST_ADDRESS);
    const redis = { host: NAME, port: old.port, username: 'restricted', password: 'secret' };
    await instances(1).on({ redis }).with(QUICK).connected();
    names.lead(NAME, SECOND_ADDRESS);
    await eventually(async () => expect(await linkedTo(next)).toBe(1), 20_000);
  });

  it('is dialled anew if the name leads to another cluster, whose nodes are addresses', async () => {
    const [old, next] = [await startRedis(), await startRedis()];
    const node = await Answering.with(() => `MOVED 1 127.0.0.1:${old.port}`, { host: FIRST_ADDRESS });
    await Answering.with(() => `MOVED 1 127.0.0.1:${next.port}`, { host: SECOND_ADDRESS, port: node.port });
    names.lead(NAME, FIRST_ADDRESS);
    await instances(1)
      .on({ redisConnectionString: `${NAME}:${node.port},name=` })
      .with(QUICK)
      .connected();
    expect(await linkedTo(old)).toBe(1);
    names.lead(NAME, SECOND_ADDRESS);
    await eventually(async () => expect(await linkedTo(next)).toBe(1), 20_000);
  });

  it('is dialled anew if it is the name of a sentinel, and the sentinels there watch another primary', async () => {
    const [old, next] = [await startRedis(), await startRedis()];
    const sentinel = await startSentinel(old, { host: FIRST_ADDRESS });
    await startSentinel(next, { host: SECOND_ADDRESS, port: sentinel.port });
    names.lead(NAME, FIRST_ADDRESS);
    const { a } = await instances(1)
      .on({ redisConnectionString: `${NAME}:${sentinel.port},serviceName=${SERVICE}` })
      .with(QUICK)
      .connected();
    expect(await linkedTo(old)).toBe(1);
    names.lead(NAME, SECOND_ADDRESS);
    await eventually(async () => expect(await linkedTo(next)).toBe(1), 25_000);
    expect(lossesTold(a)).toHaveLength(1);
  });

  it('publishes there again what it has published lately', async () => {
    const [old, next] = await redisOnTwoAddresses();
    names.lead(NAME, FIRST_ADDRESS);
    const { a } = await instances(1)
      .on({ redis: { host: NAME, port: old.port } })
      .with(QUICK)
      .connected();
    await a.region('products').evict('told the old server alone');
    names.lead(NAME, SECOND_ADDRESS);
    await eventually(
      async () =>
        expect(JSON.stringify(await next.admin.xrange(namesInRedis().log, '-', '+'))).toContain('told the old server'),
      20_000,
    );
  });
});

describe('a link stays', () => {
  const QUIET = { reconnects: 0, warnings: [], state: 'coherent' };

  /** What is seen of a link while so many questions are answered after `change`. */
  const seenThrough = async (
    port: number,
    change: () => void,
    questions: number,
    first = FIRST_ADDRESS,
  ): Promise<unknown> => {
    names.lead(NAME, first);
    const { a } = await instances(1)
      .on({ redis: { host: NAME, port } })
      .with(QUICK)
      .connected();
    change();
    await untilAsked(questions);
    return { reconnects: reconnects(a), warnings: logOf(a).at('warn'), state: a.status().state };
  };

  it('while the name leads to another address of the same server, which is asked once', async () => {
    const server = await startRedis({ args: ['--bind', FIRST_ADDRESS, SECOND_ADDRESS] });
    expect(await seenThrough(server.port, () => names.lead(NAME, SECOND_ADDRESS), 8)).toEqual(QUIET);
    // The connections of the link, that of this test, and the one that asked.
    expect(await server.admin.info('stats')).toContain('total_connections_received:4');
  });

  it('while the answers hold one of several servers in turn', async () => {
    const [{ port }] = await redisOnTwoAddresses();
    expect(await seenThrough(port, () => names.rotate(NAME, SECOND_ADDRESS, SECOND_ADDRESS, FIRST_ADDRESS), 9)).toEqual(
      QUIET,
    );
  });

  it('while the answers name other servers as well', async () => {
    const [{ port }] = await redisOnTwoAddresses();
    expect(await seenThrough(port, () => names.lead(NAME, SECOND_ADDRESS, FIRST_ADDRESS), 5)).toEqual(QUIET);
  });

  it('while the answers name a replica', async () => {
    const primary = await startRedis({ host: FIRST_ADDRESS });
    await startRedis({
      host: SECOND_ADDRESS,
      port: primary.port,
      args: ['--replicaof', FIRST_ADDRESS, `${primary.port}`, '--repl-diskless-sync-delay', '0'],
    });
    expect(await seenThrough(primary.port, () => names.lead(NAME, SECOND_ADDRESS), 6)).toEqual(QUIET);
  });

  it('while the answers name an address at which nothing listens', async () => {
    const { port } = await startRedis({ host: FIRST_ADDRESS });
    expect(await seenThrough(port, () => names.lead(NAME, SECOND_ADDRESS), 6)).toEqual(QUIET);
  });

  it('while nobody knows where the name leads', async () => {
    const { port } = await startRedis();
    expect(await seenThrough(port, () => names.fail(NAME), 4)).toEqual(QUIET);
  });

  it('while nobody answers where the name leads, and goes on to sync', async () => {
    const { port, admin } = await startRedis();
    names.lead(NAME, FIRST_ADDRESS);
    const { a } = await instances(1)
      .on({ redis: { host: NAME, port } })
      .with(QUICK)
      .connected();
    names.fallSilent(NAME);
    await untilAsked(1);
    const syncs = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1]);
    const before = await syncs();
    await eventually(async () => expect(await syncs()).toBeGreaterThan(before + 10));
    expect(a.status().state).toBe('coherent');
    expect(reconnects(a)).toBe(0);
  });

  it('while the name leads to its IPv4 address, of which the socket says that it is mapped into IPv6', async () => {
    const { port } = await startRedis();
    expect(await seenThrough(port, () => names.lead(NAME, FIRST_ADDRESS), 4, `::ffff:${FIRST_ADDRESS}`)).toEqual(QUIET);
  });
});
