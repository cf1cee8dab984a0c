import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BridgeStats, DistributedCacheOptions } from 'nestjs-distributed-cache';
import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import { bridgeMember } from '../support/bridge-member.js';
import { eventually, fill, RedisCaches, untilDropped } from '../support/instances/redis-caches.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

const PASSWORD = 'p@ss/w:rd=';
const ONE_MESSAGE = { received: 1, malformed: 0, gaps: 0 };
const caches = new RedisCaches();

afterEach(() => caches.closeAll());

/** Two instances with these options, one evicts what both hold: what the other heard. */
async function heardByTheOther(options: DistributedCacheOptions): Promise<BridgeStats> {
  const [a, b] = await Promise.all([caches.connect(options), caches.connect(options)]);
  await fill('1', 'one', a.cache, b.cache);
  await a.cache.region('products').evict('1');
  await untilDropped('1', b.cache);
  return b.cache.stats().bridge;
}

/** Why an instance with these options does not become coherent. */
async function refusalOf(options: DistributedCacheOptions): Promise<string> {
  const { cache, log } = caches.start(options);
  const failure = await cache.firstSync(1).then(
    () => new Error('it became coherent'),
    (error: Error) => error,
  );
  expect(cache.status().state).toBe('disconnected');
  expect(JSON.stringify(log.lines)).toContain(JSON.stringify(failure.message).slice(1, -1));
  return failure.message;
}

describe('a server without a password', () => {
  let redis: RedisServer;
  beforeAll(async () => (redis = await startRedisServer()));
  afterAll(() => redis.stop());

  it('is reached by a URL', async () =>
    expect(await heardByTheOther({ redisConnectionString: redis.connectionString })).toMatchObject(ONE_MESSAGE));

  it('is reached by a StackExchange.Redis string', async () =>
    expect(
      await heardByTheOther({ redisConnectionString: `127.0.0.1:${redis.port},abortConnect=false,name=shop one` }),
    ).toMatchObject(ONE_MESSAGE));

  it('is reached in RESP3', async () => {
    expect(
      await heardByTheOther({ redisConnectionString: `127.0.0.1:${redis.port},protocol=3,name=speaks-resp3` }),
    ).toMatchObject(ONE_MESSAGE);
    const { cache } = await caches.connect({ redisConnectionString: `127.0.0.1:${redis.port},protocol=3,name=resp3` });
    expect(cache.status().state).toBe('coherent');
    expect(await redis.client().call('CLIENT', 'LIST')).toMatch(/name=resp3 .*resp=3/);
  });

  it('is reached by ioredis options alone', async () =>
    expect(await heardByTheOther({ redis: { host: '127.0.0.1', port: redis.port } })).toMatchObject(ONE_MESSAGE));

  it('is where ioredis options lead that contradict the string', async () => {
    const options = {
      redisConnectionString: 'redis://nowhere.invalid:1',
      redis: { host: '127.0.0.1', port: redis.port },
    };
    expect(await heardByTheOther(options)).toMatchObject(ONE_MESSAGE);
    const { log } = await caches.connect(options);
    expect(JSON.stringify(log.lines)).toContain(`redis://127.0.0.1:${redis.port}/0`);
  });

  it('keeps instances coherent in another database, of which the channel knows nothing', async () => {
    expect(await heardByTheOther({ redisConnectionString: `${redis.connectionString}/7` })).toMatchObject(ONE_MESSAGE);
    const client = redis.client();
    await client.select(7);
    expect((await client.keys('*')).toSorted()).toEqual(['{distributed-cache}:log', '{distributed-cache}:members']);
  });

  it('with another database number than the server has is an error, not database 0', async () => {
    expect(await refusalOf({ redisConnectionString: `${redis.connectionString}/99` })).toContain('DB index');
  });

  it('still hears the others when an instance was given another database, though its log is another', async () => {
    const [a, b] = await Promise.all([
      caches.connect({ redisConnectionString: `${redis.connectionString}/1` }),
      caches.connect({ redisConnectionString: `${redis.connectionString}/2` }),
    ]);
    await fill('1', 'one', a.cache, b.cache);
    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);
    expect(b.cache.stats().bridge.received).toBe(1);
  });

  it('that is asked for TLS gives a reason that speaks of TLS', async () => {
    expect(await refusalOf({ redisConnectionString: `127.0.0.1:${redis.port},ssl=true,connectTimeout=300` })).toMatch(
      /TLS/,
    );
  });
});

describe('a server with a password', () => {
  let redis: RedisServer;
  beforeAll(async () => (redis = await startRedisServer({ password: PASSWORD })));
  afterAll(() => redis.stop());

  it('is reached by a URL', async () =>
    expect(await heardByTheOther({ redisConnectionString: redis.connectionString })).toMatchObject(ONE_MESSAGE));

  it('is reached by a StackExchange.Redis string', async () =>
    expect(
      await heardByTheOther({ redisConnectionString: `127.0.0.1:${redis.port},password=${PASSWORD}` }),
    ).toMatchObject(ONE_MESSAGE));

  it('is reached in RESP3', async () =>
    expect(
      await heardByTheOther({ redisConnectionString: `127.0.0.1:${redis.port},password=${PASSWORD},protocol=3` }),
    ).toMatchObject(ONE_MESSAGE));

  it.each(['2', '3'])('says that the password is wrong, in RESP%s', async (protocol) => {
    const reason = await refusalOf({
      redisConnectionString: `127.0.0.1:${redis.port},password=not-this-one,protocol=${protocol}`,
    });
    expect(reason).toMatch(/WRONGPASS.*check user and password/);
    expect(reason).not.toContain('not-this-one');
  });

  it.each(['2', '3'])('says that a password is missing, in RESP%s', async (protocol) => {
    const reason = await refusalOf({ redisConnectionString: `127.0.0.1:${redis.port},protocol=${protocol}` });
    expect(reason).toMatch(/NOAUTH.*check user and password/);
  });
});

describe('a server with an ACL user', () => {
  let redis: RedisServer;
  beforeAll(async () => (redis = await startRedisServer({ user: 'shop', password: PASSWORD })));
  afterAll(() => redis.stop());

  it('is reached by a URL', async () =>
    expect(await heardByTheOther({ redisConnectionString: redis.connectionString })).toMatchObject(ONE_MESSAGE));

  it('is reached by a StackExchange.Redis string', async () =>
    expect(
      await heardByTheOther({ redisConnectionString: `127.0.0.1:${redis.port},user=shop,password=${PASSWORD}` }),
    ).toMatchObject(ONE_MESSAGE));
});

describe('a server with TLS', () => {
  let redis: RedisServer;
  beforeAll(async () => (redis = await startRedisServer({ tls: true, password: PASSWORD })));
  afterAll(() => redis.stop());

  it('is reached once its authority is trusted', async () =>
    expect(
      await heardByTheOther({ redisConnectionString: redis.connectionString, redis: { tls: { ca: redis.ca } } }),
    ).toMatchObject(ONE_MESSAGE));

  it('is reached by the name in its certificate, wherever the address comes from', async () =>
    expect(
      await heardByTheOther({
        redisConnectionString: `127.0.0.1:${redis.port},ssl=true,sslHost=localhost,password=${PASSWORD}`,
        redis: { tls: { ca: redis.ca } },
      }),
    ).toMatchObject(ONE_MESSAGE));

  it('of an unknown authority is refused, and the reason says what to give', async () => {
    const reason = await refusalOf({ redisConnectionString: redis.connectionString });
    expect(reason).toMatch(/certificate.*redis: \{ tls: \{ ca \} \}/);
  });

  it('of another authority than the trusted one is refused', async () => {
    const other = await startRedisServer({ tls: true });
    try {
      const reason = await refusalOf({
        redisConnectionString: redis.connectionString,
        redis: { tls: { ca: other.ca } },
      });
      expect(reason).toMatch(/redis: \{ tls: \{ ca \} \}/);
    } finally {
      await other.stop();
    }
  });

  it('that an instance gives up on within the handshake does not end the process', async () => {
    const bridge = new RedisInvalidationBridge({ connectionString: redis.connectionString });
    const member = bridgeMember();
    for (let turns = 0; turns < 600; turns += 4) {
      const giveUp = new AbortController();
      const dialled = bridge.dial(member, { heard() {}, acknowledged() {}, broken() {} }, giveUp.signal);
      const refusal = dialled.then(() => 'none', String);
      for (let turn = 0; turn < turns; turn += 1) await setImmediate();
      giveUp.abort();
      expect(await refusal).toMatch(/certificate|given up/);
    }
  });

  it('with a certificate for another name is refused, and the reason says what to give', async () => {
    const reason = await refusalOf({
      redisConnectionString: `127.0.0.1:${redis.port},ssl=true,sslHost=shop.example,password=${PASSWORD}`,
      redis: { tls: { ca: redis.ca } },
    });
    expect(reason).toMatch(/sslHost/);
  });

  it('that is dialled without TLS is refused', async () => {
    expect(await refusalOf({ redisConnectionString: `redis://127.0.0.1:${redis.port}` })).toMatch(
      /closed|ECONNRESET.*TLS/,
    );
  });
});

describe('a server on a unix socket', () => {
  let redis: RedisServer;
  beforeAll(async () => (redis = await startRedisServer({ unixSocket: true, password: PASSWORD })));
  afterAll(() => redis.stop());

  it('is reached by its path', async () =>
    expect(await heardByTheOther({ redisConnectionString: redis.connectionString })).toMatchObject(ONE_MESSAGE));

  it('that is not there is named', async () => {
    const path = `${redis.socketPath}.not`;
    expect(await refusalOf({ redisConnectionString: `!${path}` })).toMatch(/ENOENT.*there is no such socket/);
  });
});

describe('a server that is not there', () => {
  it.each(['127.0.0.1', 'localhost'])('gives a reason that names its address, as %s', async (host) => {
    const redis = await startRedisServer();
    await redis.stop();
    const reason = await refusalOf({ redisConnectionString: `redis://${host}:${redis.port}` });
    expect(reason).toMatch(new RegExp(`ECONNREFUSED.*:${redis.port}.*nothing listens there`));
  });

  it('is dialled again until it is there', async () => {
    const redis = await startRedisServer();
    await redis.kill();
    const { cache } = caches.start({ redisConnectionString: redis.connectionString });
    await expect(cache.firstSync(3)).rejects.toThrow('ECONNREFUSED');

    await redis.restart();
    await eventually(() => expect(cache.status().state).toBe('coherent'));
    await redis.stop();
  });
});
