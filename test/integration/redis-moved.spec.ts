import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hearEachOther } from '../support/instances/evictions.js';
import { RedisCaches } from '../support/instances/redis-caches.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

/** Answers whatever it is asked with one and the same error. */
class Answering {
  readonly #server: Server;
  asked = 0;

  private constructor(answer: (ownPort: number) => string) {
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        const commands = bytes.toString().match(/^\*\d+\r$/gm) ?? [];
        this.asked += commands.length;
        for (const _ of commands) socket.write(`-${answer(this.port)}\r\n`);
      });
    });
  }

  static async with(answer: (ownPort: number) => string): Promise<Answering> {
    const answering = new Answering(answer);
    answering.#server.listen(0, '127.0.0.1');
    await once(answering.#server, 'listening');
    return answering;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  get connectionString(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe('a server that sends us on', () => {
  let redis: RedisServer;
  const caches = new RedisCaches();
  const servers: Answering[] = [];

  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.stop());
  afterEach(async () => {
    await caches.closeAll();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function answering(answer: (ownPort: number) => string): Promise<Answering> {
    const server = await Answering.with(answer);
    servers.push(server);
    return server;
  }

  it.each([
    ['to an address', () => `MOVED 1 127.0.0.1:${redis.port}`],
    ['to a name', () => `MOVED 1 localhost:${redis.port}`],
    ['to another port of its own', () => `MOVED 1 :${redis.port}`],
  ])('%s is followed', async (_, answer) => {
    const { connectionString } = await answering(answer);
    const [a, b] = await Promise.all([
      caches.connect({ redisConnectionString: connectionString }),
      caches.connect({ redisConnectionString: connectionString }),
    ]);
    expect(await hearEachOther(a, b)).toBe(true);
  });

  it('to itself, over and over, is left alone after five times', async () => {
    const server = await answering((ownPort) => `MOVED 1 127.0.0.1:${ownPort}`);
    const { cache } = caches.start({ redisConnectionString: `127.0.0.1:${server.port},name=` });
    await expect(cache.firstSync(1)).rejects.toThrow(`127.0.0.1:${server.port} → 127.0.0.1:${server.port} → `);
    await expect(cache.firstSync(1)).rejects.toThrow('in a circle');
  });

  it('to a name that it does not know says what to set', async () => {
    const { connectionString } = await answering(() => 'MOVED 1 ?:6379');
    const { cache } = caches.start({ redisConnectionString: connectionString });
    await expect(cache.firstSync(1)).rejects.toThrow(/cluster-announce-hostname/);
  });

  it('to where nobody is names the way there', async () => {
    const server = await answering(() => 'MOVED 1 127.0.0.1:1');
    const { cache } = caches.start({ redisConnectionString: server.connectionString });
    await expect(cache.firstSync(1)).rejects.toThrow(
      `127.0.0.1:${server.port} → 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1`,
    );
  });

  it('is not what a node says whose cluster is down: the next of the endpoints is tried', async () => {
    const down = await answering(() => 'CLUSTERDOWN The cluster is down');
    const redisConnectionString = `127.0.0.1:${down.port},127.0.0.1:${redis.port}`;
    const both = [1, 2].map(() => caches.connect({ redisConnectionString }));
    const [a, b] = await Promise.all(both);
    expect(a && b && (await hearEachOther(a, b))).toBe(true);

    const { cache } = caches.start({ redisConnectionString: `127.0.0.1:${down.port},127.0.0.1:1` });
    await expect(cache.firstSync(1)).rejects.toThrow(/CLUSTERDOWN/);
  });
});
