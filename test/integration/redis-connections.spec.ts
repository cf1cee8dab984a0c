import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BridgeStats } from 'nestjs-distributed-cache';
import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import { bridgeMember } from '../support/bridges/bridge-member.js';
import { eventually } from '../support/common/eventually.js';
import { fill, untilDropped } from '../support/instances/copies.js';
import { instances, type Place } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { startRedis, usingRedis } from '../support/redis/using-redis.js';

const PASSWORD = 'p@ss/w:rd=';
const ONE_MESSAGE = { received: 1, malformed: 0, gaps: 0 };

/** Two instances connect there, one evicts what both hold: what the other has received. */
async function receivedAt(place: Place): Promise<BridgeStats> {
  const { a, b } = await instances(2).on(place).connected();
  await fill('1', 'one', a, b);
  await a.region('products').evict('1');
  await untilDropped('1', b);
  return b.stats().bridge;
}

/** Why an instance does not become coherent there. */
async function refusalAt(place: Place): Promise<string> {
  const { a, log } = instances(1).on(place).started();
  const failure = await a.firstSync(1).then(
    () => new Error('it became coherent'),
    (error: Error) => error,
  );
  expect(a.status().state).toBe('disconnected');
  expect(JSON.stringify(log.lines)).toContain(JSON.stringify(failure.message).slice(1, -1));
  return failure.message;
}

describe('a server without a password', () => {
  const redis = usingRedis();

  it('is reached by a URL', async () => expect(await receivedAt(redis)).toMatchObject(ONE_MESSAGE));

  it('is reached by a StackExchange.Redis string', async () =>
    expect(
      await receivedAt({ redisConnectionString: `127.0.0.1:${redis.port},abortConnect=false,name=shop one` }),
    ).toMatchObject(ONE_MESSAGE));

  it('is reached in RESP3', async () => {
    expect(
      await receivedAt({ redisConnectionString: `127.0.0.1:${redis.port},protocol=3,name=speaks-resp3` }),
    ).toMatchObject(ONE_MESSAGE);
    const redisConnectionString = `127.0.0.1:${redis.port},protocol=3,name=resp3`;
    const { a } = await instances(1).on({ redisConnectionString }).connected();
    expect(a.status().state).toBe('coherent');
    expect(await redis.admin.call('CLIENT', 'LIST')).toMatch(/name=resp3 .*resp=3/);
  });

  it('is reached by ioredis options alone', async () =>
    expect(await receivedAt({ redis: { host: '127.0.0.1', port: redis.port } })).toMatchObject(ONE_MESSAGE));

  it('is reached by ioredis options that contradict the connection string', async () => {
    const options = {
      redisConnectionString: 'redis://nowhere.invalid:1',
      redis: { host: '127.0.0.1', port: redis.port },
    };
    expect(await receivedAt(options)).toMatchObject(ONE_MESSAGE);
    const { log } = await instances(1).on(options).connected();
    expect(JSON.stringify(log.lines)).toContain(`redis://127.0.0.1:${redis.port}/0`);
  });

  it('keeps instances of another database coherent: log and members are in that database', async () => {
    expect(await receivedAt({ redisConnectionString: `${redis.connectionString}/7` })).toMatchObject(ONE_MESSAGE);
    const client = redis.client();
    await client.select(7);
    const { log, members } = namesInRedis();
    expect((await client.keys('*')).toSorted()).toEqual([log, members]);
  });

  it('refuses a database number that it does not have, instead of using database 0', async () => {
    expect(await refusalAt({ redisConnectionString: `${redis.connectionString}/99` })).toContain('DB index');
  });

  it('delivers doorbells between databases, though each has its own log', async () => {
    const { a, b } = await instances(2)
      .on(
        { redisConnectionString: `${redis.connectionString}/1` },
        { redisConnectionString: `${redis.connectionString}/2` },
      )
      .connected();
    await fill('1', 'one', a, b);
    await a.region('products').evict('1');
    await untilDropped('1', b);
    expect(b.stats().bridge.received).toBe(1);
  });

  it('is refused with TLS, with an error that names TLS', async () => {
    expect(await refusalAt({ redisConnectionString: `127.0.0.1:${redis.port},ssl=true,connectTimeout=300` })).toMatch(
      /TLS/,
    );
  });
});

describe('a server with a password', () => {
  const redis = usingRedis({ password: PASSWORD });

  it('is reached by a URL', async () => expect(await receivedAt(redis)).toMatchObject(ONE_MESSAGE));

  it('is reached by a StackExchange.Redis string', async () =>
    expect(await receivedAt({ redisConnectionString: `127.0.0.1:${redis.port},password=${PASSWORD}` })).toMatchObject(
      ONE_MESSAGE,
    ));

  it('is reached in RESP3', async () =>
    expect(
      await receivedAt({ redisConnectionString: `127.0.0.1:${redis.port},password=${PASSWORD},protocol=3` }),
    ).toMatchObject(ONE_MESSAGE));

  it.each(['2', '3'])('refuses a wrong password with the advice to check it, in RESP%s', async (protocol) => {
    const reason = await refusalAt({
      redisConnectionString: `127.0.0.1:${redis.port},password=not-this-one,protocol=${protocol}`,
    });
    expect(reason).toMatch(/WRONGPASS.*check user and password/);
    expect(reason).not.toContain('not-this-one');
  });

  it.each(['2', '3'])('refuses a missing password with the advice to check it, in RESP%s', async (protocol) => {
    const reason = await refusalAt({ redisConnectionString: `127.0.0.1:${redis.port},protocol=${protocol}` });
    expect(reason).toMatch(/NOAUTH.*name a password in the connection string/);
  });
});

describe('a server with an ACL user', () => {
  const redis = usingRedis({ user: 'shop', password: PASSWORD });

  it('is reached by a URL', async () => expect(await receivedAt(redis)).toMatchObject(ONE_MESSAGE));

  it('is reached by a StackExchange.Redis string', async () =>
    expect(
      await receivedAt({ redisConnectionString: `127.0.0.1:${redis.port},user=shop,password=${PASSWORD}` }),
    ).toMatchObject(ONE_MESSAGE));
});

describe('a server with TLS', () => {
  const redis = usingRedis({ tls: true, password: PASSWORD });

  it('is reached when its authority is trusted', async () =>
    expect(
      await receivedAt({ redisConnectionString: redis.connectionString, redis: { tls: { ca: redis.ca } } }),
    ).toMatchObject(ONE_MESSAGE));

  it('is reached by address when sslHost gives the name in its certificate', async () =>
    expect(
      await receivedAt({
        redisConnectionString: `127.0.0.1:${redis.port},ssl=true,sslHost=localhost,password=${PASSWORD}`,
        redis: { tls: { ca: redis.ca } },
      }),
    ).toMatchObject(ONE_MESSAGE));

  it('is refused when its authority is unknown, with the advice to set redis: { tls: { ca } }', async () => {
    const reason = await refusalAt({ redisConnectionString: redis.connectionString });
    expect(reason).toMatch(/certificate.*redis: \{ tls: \{ ca \} \}/);
  });

  it('is refused when another authority is trusted', async () => {
    const other = await startRedis({ tls: true });
    const reason = await refusalAt({
      redisConnectionString: redis.connectionString,
      redis: { tls: { ca: other.ca } },
    });
    expect(reason).toMatch(/redis: \{ tls: \{ ca \} \}/);
  });

  it('does not end the process when the dial is aborted within the handshake', async () => {
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

  it('is refused when its certificate is for another name, with the advice to set sslHost', async () => {
    const reason = await refusalAt({
      redisConnectionString: `127.0.0.1:${redis.port},ssl=true,sslHost=shop.example,password=${PASSWORD}`,
      redis: { tls: { ca: redis.ca } },
    });
    expect(reason).toMatch(/sslHost/);
  });

  it('is refused without TLS', async () => {
    expect(await refusalAt({ redisConnectionString: `redis://127.0.0.1:${redis.port}` })).toMatch(
      /closed|ECONNRESET.*TLS/,
    );
  });
});

describe('a server on a unix socket', () => {
  const redis = usingRedis({ unixSocket: true, password: PASSWORD });

  it('is reached by its path', async () => expect(await receivedAt(redis)).toMatchObject(ONE_MESSAGE));

  it('is named in the error when it is not there', async () => {
    const path = `${redis.socketPath}.not`;
    expect(await refusalAt({ redisConnectionString: `!${path}` })).toMatch(/ENOENT.*there is no such socket/);
  });
});

describe('a server that is not there', () => {
  it.each(['127.0.0.1', 'localhost'])('is refused with an error that names its address, as %s', async (host) => {
    const redis = await startRedis();
    await redis.stop();
    const reason = await refusalAt({ redisConnectionString: `redis://${host}:${redis.port}` });
    expect(reason).toMatch(new RegExp(`ECONNREFUSED.*:${redis.port}.*nothing listens there`));
  });

  it('is dialled again until it is there', async () => {
    const redis = await startRedis();
    await redis.kill();
    const { a } = instances(1).on(redis).started();
    await expect(a.firstSync(3)).rejects.toThrow('ECONNREFUSED');

    await redis.restart();
    await eventually(() => expect(a.status().state).toBe('coherent'));
  });
});
