import { AbstractConnector, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../testing/manual-clock.js';
import { tcpEndpoint } from '../../endpoint.js';
import { HostAddresses } from './host-addresses.js';
import { namedConnection, NameWatch, type ServerFound } from './name-watch.js';

const INTERVAL = 1_000;

/** Watches a connection to 10.0.0.1, by a name whose answers and servers the test decides. */
class Watched {
  readonly moves: string[] = [];
  /** How often a connection was made by the name. */
  finds = 0;
  asked = 0;
  addresses: readonly string[] = ['10.0.0.1'];
  found: ServerFound | Error = { address: '10.0.0.2', isSame: false };
  readonly watch: NameWatch;
  readonly #clock = new ManualClock();

  constructor(patience?: number) {
    const addresses = new HostAddresses((_host, _options, callback) => {
      this.asked += 1;
      callback(
        null,
        this.addresses.map((address) => ({ address, family: 4 })),
      );
    }, this.#clock);
    this.watch = new NameWatch({ host: 'redis.test', family: 0, address: '10.0.0.1' }, addresses, {
      interval: INTERVAL,
      patience,
      find: async () => {
        this.finds += 1;
        if (this.found instanceof Error) throw this.found;
        return this.found;
      },
      moved: (to) => this.moves.push(to),
      clock: this.#clock,
    });
  }

  /** Lets so many answers arrive. */
  async answers(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      this.watch.look();
      await this.#clock.advance(INTERVAL);
    }
  }
}

describe('a name that is watched', () => {
  it('has moved when three answers in a row lack the address and another server is there', async () => {
    const watched = new Watched();
    watched.addresses = ['10.0.0.2', '10.0.0.3'];
    await watched.answers(2);
    expect(watched.finds).toBe(0);
    await watched.answers(1);
    expect(watched.moves).toEqual(['10.0.0.2']);
    await watched.answers(5);
    expect(watched.moves).toHaveLength(1);
  });

  it('has not moved while one of three answers holds the address', async () => {
    const watched = new Watched();
    for (let i = 0; i < 10; i += 1) {
      watched.addresses = ['10.0.0.2'];
      await watched.answers(2);
      watched.addresses = ['10.0.0.1'];
      await watched.answers(1);
    }
    expect(watched.finds).toBe(0);
  });

  it('has not moved when the connection by name arrives where the watched one is', async () => {
    const watched = new Watched();
    watched.addresses = ['10.0.0.2'];
    watched.found = { address: '::ffff:10.0.0.1', isSame: false };
    await watched.answers(3);
    expect([watched.finds, watched.moves]).toEqual([1, []]);
  });

  it('leads to the same server by another address, which is then known', async () => {
    const watched = new Watched();
    watched.addresses = ['10.0.0.2'];
    watched.found = { address: '10.0.0.2', isSame: true };
    await watched.answers(30);
    expect([watched.finds, watched.moves]).toEqual([1, []]);
  });

  it('is asked for later and later when nobody there can be reached, and has moved when somebody can', async () => {
    const watched = new Watched();
    watched.addresses = ['10.0.0.2'];
    watched.found = new Error('READONLY');
    const findsAfter: number[] = [];
    for (let i = 0; i < 69; i += 1) {
      const before = watched.finds;
      await watched.answers(1);
      if (watched.finds > before) findsAfter.push(i + 1);
    }
    expect(findsAfter).toEqual([3, 9, 21, 45, 69]);
    watched.found = { address: '10.0.0.2', isSame: false };
    await watched.answers(24);
    expect(watched.moves).toEqual(['10.0.0.2']);
  });

  it.each([
    ['an hour of answers with the address forgets how much was asked for in vain', 3_600, 3],
    ['less than an hour of them does not', 3_599, 6],
  ])('that becomes calm: %s', async (_, calm, needed) => {
    const watched = new Watched(6);
    await watched.answers(calm + 1);
    watched.addresses = ['10.0.0.2'];
    await watched.answers(needed - 1);
    expect(watched.moves).toEqual([]);
    await watched.answers(1);
    expect(watched.moves).toEqual(['10.0.0.2']);
  });

  it('is asked for at most once in an interval, however often it is looked at', async () => {
    const watched = new Watched();
    for (let i = 0; i < 10; i += 1) watched.watch.look();
    await watched.answers(2);
    expect(watched.asked).toBe(2);
  });

  it('has not moved when nobody knows an address, or after the connection was closed', async () => {
    const watched = new Watched();
    watched.addresses = [];
    await watched.answers(10);
    watched.addresses = ['10.0.0.2'];
    await watched.answers(2);
    watched.watch.close();
    await watched.answers(5);
    expect([watched.finds, watched.moves]).toEqual([0, []]);
  });
});

describe('a connection has no name to watch', () => {
  const redis = new Redis({ lazyConnect: true });

  it.each([
    ['to an IPv4 address', tcpEndpoint('127.0.0.1', 6_379), '127.0.0.1'],
    ['to an IPv6 address', tcpEndpoint('::1', 6_379), '::1'],
    ['to a unix socket', { path: '/run/redis.sock' }, undefined],
    ['that is closed already', tcpEndpoint('redis.test', 6_379), undefined],
  ])('%s', (_, endpoint, address) => {
    expect(namedConnection(endpoint, redis, address)).toBeUndefined();
  });

  it('through a connector of the application, which may lead anywhere', () => {
    class Tunnel extends AbstractConnector {
      constructor() {
        super(0);
      }
      connect(): never {
        throw new Error('not in this test');
      }
    }
    const tunnelled = new Redis({ lazyConnect: true, Connector: Tunnel });
    expect(namedConnection(tcpEndpoint('redis.test', 6_379), tunnelled, '127.0.0.1')).toBeUndefined();
  });
});
