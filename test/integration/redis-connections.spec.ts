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

  it('is where ioredis options lead that contradict the string', async () => {
    const options = {
      redisConnectionString: 'redis://nowhere.invalid:1',
      redis: { host: '127.0.0.1', port: redis.port },
    };
    expect(await receivedAt(options)).toMatchObject(ONE_MESSAGE);
    const { log } = await instances(1).on(options).connected();
    expect(JSON.stringify(log.lines)).toContain(`redis://127.0.0.1:${redis.port}/0`);
  });

  it('keeps instances coherent in another database, of which the channel knows nothing', async () => {
    expect(await receivedAt({ redisConnectionString: `${redis.connectionString}/7` })).toMatchObject(ONE_MESSAGE);
    const client = redis.client();
    await client.select(7);
    const { log, members } = namesInRedis();
    expect((await client.keys('*')).toSorted()).toEqual([log, members]);
  });

  it('with another database number than the server has is an error, not database 0', async () => {
    expect(await refusalAt({ redisConnectionString: `${redis.connectionString}/99` })).toContain('DB index');
  });

  it('still hears the others when an instance was given another database, though its log is another', async () => {
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

  it('that is asked for TLS gives a reason that speaks of TLS', async () => {
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

  it.each(['2', '3'])('says that the password is wrong, in RESP%s', async (protocol) => {
    const reason = await refusalAt({
      redisConnectionString: `127.0.0.1:${redis.port},password=not-this-one,protocol=${protocol}`,
    });
    expect(reason).toMatch(/WRONGPASS.*check user and password/);
    expect(reason).not.toContain('not-this-one');
  });

  it.each(['2', '3'])('says that a password is missing, in RESP%s', async (protocol) => {
    const reason = await refusalAt({ redisConnectionString: `127.0.0.1:${redis.port},protocol=${protocol}` });
    expect(reason).toMatch(/NOAUTH.*check user and password/);
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

  it('is reached once its authority is trusted', async () =>
    expect(
      await receivedAt({ redisConnectionString: redis.connectionString, redis: { tls: { ca: redis.ca } } }),
    ).toMatchObject(ONE_MESSAGE));

  it('is reached by the name in its certificate, wherever the address comes from', async () =>
    expect(
      await receivedAt({
        redisConnectionString: `127.0.0.1:${redis.port},ssl=true,sslHost=localhost,password=${PASSWORD}`,
        redis: { tls: { ca: redis.ca } },
      }),
    ).toMatchObject(ONE_MESSAGE));

  it('of an unknown authority is refused, and the reason says what to give', async () => {
    const reason = await refusalAt({ redisConnectionString: redis.connectionString });
    expect(reason).toMatch(/certificate.*redis: \{ tls: \{ ca \} \}/);
  });

  it('of another authority than the trusted one is refused', async () => {
    const other = await startRedis({ tls: true });
    const reason = await refusalAt({
      redisConnectionString: redis.connectionString,
      redis: { tls: { ca: other.ca } },
    });
    expect(reason).toMatch(/redis: \{ tls: \{ ca \} \}/);
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
    const reason = await refusalAt({
      redisConnectionString: `127.0.0.1:${redis.port},ssl=true,sslHost=shop.example,password=${PASSWORD}`,
      redis: { tls: { ca: redis.ca } },
    });
    expect(reason).toMatch(/sslHost/);
  });

  it('that is dialled without TLS is refused', async () => {
    expect(await refusalAt({ redisConnectionString: `redis://127.0.0.1:${redis.port}` })).toMatch(
      /closed|ECONNRESET.*TLS/,
    );
  });
});

describe('a server on a unix socket', () => {
  const redis = usingRedis({ unixSocket: true, password: PASSWORD });

  it('is reached by its path', async () => expect(await receivedAt(redis)).toMatchObject(ONE_MESSAGE));

  it('that is not there is named', async () => {
    const path = `${redis.socketPath}.not`;
    expect(await refusalAt({ redisConnectionString: `!${path}` })).toMatch(/ENOENT.*there is no such socket/);
  });
});

describe('a server that is not there', () => {
  it.each(['127.0.0.1', 'localhost'])('gives a reason that names its address, as %s', async (host) => {
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
