import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reachEachOther } from '../support/instances/evictions.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

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

  /** Stopped after the test. */
  static async with(answer: (ownPort: number) => string): Promise<Answering> {
    const answering = new Answering(answer);
    onTestFinished(() => answering.stop());
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
