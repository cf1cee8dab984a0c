import { Logger, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import {
  BridgeRefusal,
  type BridgeMember,
  type InvalidationBridge,
  type InvalidationLink,
  type LinkListener,
} from '../protocol/invalidation-bridge.js';
import { CacheClosedError, InvalidOptionsError, RedisUnavailableError } from '../errors.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { DistributedCacheLifecycle } from './distributed-cache.lifecycle.js';
import { DistributedCacheModule } from './distributed-cache.module.js';
import type { DistributedCacheOptions } from './options/distributed-cache.options.js';

const log = vi.spyOn(Logger.prototype, 'log');
const warn = vi.spyOn(Logger.prototype, 'warn');
beforeEach(() => {
  for (const spy of [log, warn]) spy.mockReset();
  vi.stubEnv('RedisConnectionString', '');
  vi.stubEnv('REDIS_URL', '');
});

const compiled: TestingModule[] = [];
afterEach(async () => {
  await Promise.all(compiled.splice(0).map((testing) => testing.close()));
  vi.unstubAllEnvs();
});

async function compile(...modules: DynamicModule[]): Promise<TestingModule> {
  const testing = await Test.createTestingModule({ imports: modules }).compile();
  compiled.push(testing);
  return testing;
}

async function boot(options: DistributedCacheOptions): Promise<TestingModule> {
  return (await compile(DistributedCacheModule.forRoot(options))).init();
}

/** Boots where no Redis answers. A manual clock replaces the second of waiting. */
async function bootDisconnected(options: DistributedCacheOptions, clock = new ManualClock()): Promise<TestingModule> {
  const booting = boot({ ...options, clock });
  await vi.waitFor(() => expect(bootLines()).not.toEqual([]), { timeout: 10_000 });
  await clock.advance('1s');
  return booting;
}

/** The log lines of the cache, without those of Nest. */
function bootLines(): string[] {
  return log.mock.calls.map(([line]) => String(line)).filter((line) => line.startsWith('The cache'));
}

/** A bridge that rejects every dial until `isReachable` is set. */
class UnreachableBridge implements InvalidationBridge {
  readonly target = 'nowhere';
  readonly #reachable = new InMemoryInvalidationBridge();
  isReachable = false;
  dials = 0;
  #dialled: () => void = () => {};
  readonly dialled = new Promise<void>((resolve) => (this.#dialled = resolve));

  isAfter(id: string, other: string): boolean {
    return this.#reachable.isAfter(id, other);
  }

  async dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink> {
    this.dials += 1;
    this.#dialled();
    if (this.isReachable) return this.#reachable.dial(member, listener, signal);
    throw new Error('nobody is there');
  }
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const address = await new Promise<ReturnType<typeof server.address>>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(server.address())),
  );
  await new Promise((resolve) => server.close(resolve));
  return isAddressInfo(address) ? address.port : Number.NaN;
}

function isAddressInfo(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

describe('a module that is compiled and never initialised', () => {
  const loadsOfTwoReads = async (testing: TestingModule): Promise<number> => {
    const loader = vi.fn<() => string>(() => 'chair');
    const products = testing.get(DistributedCache).region('products');
    await products.getOrLoad('1', loader);
    await products.getOrLoad('1', loader);
    return loader.mock.calls.length;
  };

  it('caches in local mode', async () => {
    expect(await loadsOfTwoReads(await compile(DistributedCacheModule.forRoot()))).toBe(1);
  });

  it('stores nothing with a Redis, from which it receives no invalidations', async () => {
    vi.stubEnv('RedisConnectionString', 'localhost:1');
    expect(await loadsOfTwoReads(await compile(DistributedCacheModule.forRoot()))).toBe(2);
  });

  it('stores nothing when a ConfigService could name a Redis', async () => {
    const config = ConfigModule.forRoot({ ignoreEnvFile: true });
    expect(await loadsOfTwoReads(await compile(await config, DistributedCacheModule.forRoot()))).toBe(2);
  });
});

describe('The line at boot', () => {
  it('says that this instance is in local mode without a connection string', async () => {
    const testing = await boot({});
    expect(bootLines()).toEqual([
      'The cache runs in local mode (no connection string): this instance is alone. Set RedisConnectionString to run several.',
    ]);
    expect(warn).not.toHaveBeenCalled();
    expect(testing.get(DistributedCache).status()).toMatchObject({ state: 'local', leaseAge: 0, outbox: 0 });
  });

  it('tells in local mode of settings that look like a misspelt connection string, without their values', async () => {
    vi.stubEnv('RedisConnectionStrings', 'shop.example,password=Geheim7');
    await boot({});
    expect(warn.mock.calls).toEqual([
      ['The environment sets RedisConnectionStrings, which nothing reads: did you mean RedisConnectionString?'],
    ]);
  });

  it('tells in local mode that abortConnect has no effect, and what refuses local mode', async () => {
    await boot({ abortConnect: true });
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^abortConnect has no effect.*requireRedis: true/));
  });

  it('says nothing of either when the option asks for local mode', async () => {
    vi.stubEnv('RedisConnectionStrings', 'shop.example');
    await boot({ redisConnectionString: '', abortConnect: true });
    expect(warn).not.toHaveBeenCalled();
  });

  it('says that the option chose local mode, and that it must go before a setting counts', async () => {
    vi.stubEnv('REDIS_URL', 'redis://ignored');
    await boot({ redisConnectionString: '' });
    expect(bootLines()).toEqual([
      "The cache runs in local mode (redisConnectionString is ''): this instance is alone. " +
        'To run several, remove the option redisConnectionString, which wins over the setting RedisConnectionString.',
    ]);
  });

  it('names the setting and the server, without the password', async () => {
    const port = await closedPort();
    vi.stubEnv('REDIS_URL', `redis://anna:Geheim7@127.0.0.1:${port}/2`);
    await bootDisconnected({ namespace: 'shop' });
    expect(bootLines()[0]).toBe(
      `The cache connects to redis://***@127.0.0.1:${port}/2 (standalone, no TLS) (from REDIS_URL), namespace 'shop'.`,
    );
    expect(JSON.stringify([...log.mock.calls, ...warn.mock.calls])).not.toMatch(/Geheim7|anna/);
  });

  it('names a named cache and the bridge', async () => {
    const bridge = new InMemoryInvalidationBridge();
    await (await compile(DistributedCacheModule.forRoot({ name: 'sessions', bridge }))).init();
    expect(bootLines()[0]).toBe(
      "The cache 'sessions' connects to memory (from the option bridge), namespace 'distributed-cache:sessions'.",
    );
  });

  it('is followed by a warning about options of the connection string that have no effect', async () => {
    await bootDisconnected({ redisConnectionString: `127.0.0.1:${await closedPort()},allowAdmin=true,tiebreaker=t` });
    expect(warn.mock.calls.flat()).toContain(
      'The connection string has options without effect here: allowAdmin, tiebreaker. Remove them, or ignore this.',
    );
  });

  it('is followed by a warning about TLS versions that are left out, and by none about proxy=None and tunnel=', async () => {
    const endpoint = `127.0.0.1:${await closedPort()}`;
    await bootDisconnected({
      redisConnectionString: `${endpoint},ssl=true,sslProtocols=tls|tls11|tls12,proxy=None,tunnel=`,
    });
    expect(warn.mock.calls.flat()).toContain(
      'The connection string has options without effect here: tls|tls11 in sslProtocols. Remove them, or ignore this.',
    );
  });
});

describe('Boot', () => {
  it('goes on as soon as the first sync is complete', async () => {
    const testing = await boot({ bridge: new InMemoryInvalidationBridge(), clock: new ManualClock() });
    expect(testing.get(DistributedCache).status().state).toBe('coherent');
    expect(warn).not.toHaveBeenCalled();
  });

  it('waits a second for the first sync, then goes on disconnected and logs that', async () => {
    const clock = new ManualClock();
    const bridge = new UnreachableBridge();
    let hasBooted = false;
    const booting = boot({ bridge, clock }).finally(() => (hasBooted = true));
    await bridge.dialled;

    await clock.advance(999);
    expect(hasBooted).toBe(false);
    await clock.advance(1);
    const cache = (await booting).get(DistributedCache);
    expect(cache.status().state).toBe('disconnected');
    expect(warn.mock.calls.flat()).toContain(
      'nowhere cannot be reached: nobody is there. Starting without it, and trying again in the background.',
    );

    bridge.isReachable = true;
    await clock.advance('5s');
    expect(cache.status().state).toBe('coherent');
  });

  it.each([
    ['has refused: WRONGPASS', () => Promise.reject(new BridgeRefusal('report', 'WRONGPASS'))],
    ['has not answered within 1000 ms', () => new Promise<never>(() => {})],
  ])('goes on without a server that %s, and says so', async (what, dial) => {
    const clock = new ManualClock();
    const bridge = Object.assign(new UnreachableBridge(), { dial });
    const booting = boot({ bridge, clock });
    await vi.waitFor(() => expect(bootLines()).not.toEqual([]));
    await clock.advance('1s');
    await booting;
    expect(warn.mock.calls.flat()).toContain(
      `nowhere ${what}. Starting without it, and trying again in the background.`,
    );
  });

  it('waits for all named caches at once, not for one after the other', async () => {
    const clock = new ManualClock();
    const bridge = new UnreachableBridge();
    const names = Array.from({ length: 10 }, (_, index) => `cache-${index}`);
    const testing = await compile(...names.map((name) => DistributedCacheModule.forRoot({ name, bridge, clock })));
    const booting = testing.init();
    await vi.waitFor(() => expect(bootLines()).toHaveLength(names.length));
    await clock.advance('1s');
    await booting;
    expect(warn.mock.calls.flat().filter((line) => String(line).startsWith('nowhere cannot be reached'))).toHaveLength(
      names.length,
    );
  });

  it('tells of the first cache that fails, and leaves no failure of another one unhandled', async () => {
    const clock = new ManualClock();
    const bridge = new UnreachableBridge();
    const testing = await compile(
      DistributedCacheModule.forRoot({ name: 'waiting', bridge, clock }),
      DistributedCacheModule.forRoot({ name: 'failing', bridge, clock, abortConnect: true }),
      DistributedCacheModule.forRoot({ name: 'failing-too', bridge, clock, abortConnect: true }),
    );
    const failure = testing.init().catch((error: unknown) => error);
    await bridge.dialled;
    await clock.advance('1m');
    expect(await failure).toBeInstanceOf(RedisUnavailableError);
  });

  it('goes on coherent when Redis answers within the second', async () => {
    const clock = new ManualClock();
    const bridge = new UnreachableBridge();
    const booting = boot({ bridge, clock });
    await bridge.dialled;
    bridge.isReachable = true;

    await clock.advance(500);
    expect((await booting).get(DistributedCache).status().state).toBe('coherent');
  });

  it('goes on without a Redis that refuses connections, in about a second', async () => {
    const begin = performance.now();
    const testing = await boot({ redisConnectionString: `127.0.0.1:${await closedPort()}` });
    expect(performance.now() - begin).toBeGreaterThan(900);
    expect(performance.now() - begin).toBeLessThan(4_000);
    expect(testing.get(DistributedCache).status().state).toBe('disconnected');
  });

  it('keeps the process alive while it waits, unlike the timers of the cache', async () => {
    const begun = vi.spyOn(globalThis, 'setInterval');
    const ended = vi.spyOn(globalThis, 'clearInterval');
    onTestFinished(() => {
      begun.mockRestore();
      ended.mockRestore();
    });
    const clock = new ManualClock();
    const bridge = new UnreachableBridge();
    const testing = await compile(DistributedCacheModule.forRoot({ bridge, clock }));
    begun.mockClear();

    const booting = testing.init();
    await bridge.dialled;
    const reasonsToLive = begun.mock.results.map(({ value }) => value).filter((timer) => timer.hasRef());
    expect(reasonsToLive).toHaveLength(1);
    expect(ended).not.toHaveBeenCalledWith(reasonsToLive[0]);
    await clock.advance('1s');
    await booting;
    expect(ended).toHaveBeenCalledWith(reasonsToLive[0]);
  });

  it('that is called twice starts the cache once', async () => {
    const bridge = new UnreachableBridge();
    bridge.isReachable = true;
    const testing = await compile(DistributedCacheModule.forRoot({ bridge }));
    await Promise.all([testing.init(), testing.init()]);
    expect(bridge.dials).toBe(1);
  });
});

describe('Boot where Redis is required', () => {
  it.each<[string, DistributedCacheOptions, string | undefined]>([
    ['by the option', { requireRedis: true }, undefined],
    ['by the setting', {}, 'true'],
    ['by the option, and the option asks for local mode', { requireRedis: true, redisConnectionString: '' }, undefined],
  ])('is refused without a connection string, with what to do: %s', async (_what, options, setting) => {
    vi.stubEnv('REDIS_CONNECTION_REQUIRED', setting);
    vi.stubEnv('RedisConnectionStrings', 'shop.example,password=Geheim7');
    const booting = boot(options);
    await expect(booting).rejects.toThrow(InvalidOptionsError);
    await expect(booting).rejects.toThrow(/requireRedis .*local mode.*did you mean RedisConnectionString\?/s);
    await expect(booting).rejects.not.toThrow(/Geheim7/);
  });

  it('is accepted with a bridge, and when the option says otherwise than the setting', async () => {
    await expect(boot({ requireRedis: true, bridge: new InMemoryInvalidationBridge() })).resolves.toBeDefined();
    vi.stubEnv('REDIS_CONNECTION_REQUIRED', 'true');
    await expect(boot({ requireRedis: false })).resolves.toBeDefined();
  });

  it('is refused when the setting is neither true nor false', async () => {
    vi.stubEnv('REDIS_CONNECTION_REQUIRED', 'perhaps');
    await expect(boot({})).rejects.toThrow(
      /REDIS_CONNECTION_REQUIRED: 'perhaps' is not allowed; allowed: true or false/,
    );
  });
});

describe('Boot with abortConnect', () => {
  it('fails after connectRetry tries, with an error that says what to do', async () => {
    const clock = new ManualClock();
    const bridge = new UnreachableBridge();
    const booting = boot({ bridge, clock, abortConnect: true });
    const failure = booting.catch((error: unknown) => error);
    await bridge.dialled;
    await clock.advance('1m');
    expect(await failure).toEqual(
      new RedisUnavailableError(
        'nowhere could not be reached in 3 attempts (nobody is there), and with abortConnect the application does not start without it. ' +
          'Start Redis, correct the connection string, or leave out abortConnect to start disconnected.',
        { cause: new Error('nobody is there') },
      ),
    );
    expect(bridge.dials).toBe(3);
  });

  it('in the connection string fails after the connectRetry of that string', async () => {
    const target = `127.0.0.1:${await closedPort()}`;
    const failure = boot({ redisConnectionString: `${target},password=Geheim7,abortConnect=true,connectRetry=1` });
    await expect(failure).rejects.toThrow(RedisUnavailableError);
    await expect(failure).rejects.toThrow(/could not be reached in 1 attempt \(.*ECONNREFUSED/);
    await expect(failure).rejects.not.toThrow(/Geheim7/);
  });

  it('in the connection string yields to the option', async () => {
    const target = `127.0.0.1:${await closedPort()}`;
    await expect(
      bootDisconnected({ redisConnectionString: `${target},abortConnect=true`, abortConnect: false }),
    ).resolves.toBeDefined();
  });

  it('succeeds when a later try does', async () => {
    const clock = new ManualClock();
    const bridge = new UnreachableBridge();
    const booting = boot({ bridge, clock, abortConnect: true });
    await bridge.dialled;
    bridge.isReachable = true;
    await clock.advance('1s');
    expect((await booting).get(DistributedCache).status().state).toBe('coherent');
  });

  it('leaves no other cache open when it fails', async () => {
    const clock = new ManualClock();
    const bridge = new UnreachableBridge();
    const testing = await compile(
      DistributedCacheModule.forRoot({ bridge: new InMemoryInvalidationBridge() }),
      DistributedCacheModule.forRoot({ name: 'sessions', bridge, clock, abortConnect: true }),
    );
    const failure = testing.init().catch((error: unknown) => error);
    await bridge.dialled;
    await clock.advance('1m');
    expect(await failure).toBeInstanceOf(RedisUnavailableError);
    for (const token of [DistributedCache, getDistributedCacheToken('sessions')]) {
      const cache = testing.get<DistributedCache>(token);
      await expect(cache.clear()).rejects.toThrow(CacheClosedError);
    }
  });
});

describe('Shutdown', () => {
  it('closes the cache with the application', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const app = await NestFactory.createApplicationContext(DistributedCacheModule.forRoot({ bridge }), {
      logger: false,
      abortOnError: false,
    });
    const products = app.get(DistributedCache).region('products');
    await products.set('1', 'a');
    await app.close();

    expect(products.getSync('1')).toBeUndefined();
    await expect(products.evict('1')).rejects.toThrow(CacheClosedError);
    expect(await products.getOrLoad('1', () => 'loaded')).toBe('loaded');
  });

  it('with several caches takes one drainTimeout, not one for each', async () => {
    const clock = new ManualClock();
    const names = [undefined, 'second', 'third'];
    const options = { clock, bridge: new UnreachableBridge() };
    const testing = await compile(...names.map((name) => DistributedCacheModule.forRoot({ ...options, name })));
    const booting = testing.init();
    await vi.waitFor(() => expect(bootLines()).toHaveLength(names.length));
    await clock.advance('1s');
    await booting;
    const caches = names.map((name) => testing.get<DistributedCache>(getDistributedCacheToken(name)));
    await Promise.all(caches.map((cache) => cache.region('products').evict('1')));

    const closing = testing.close();
    await vi.waitFor(() =>
      expect(log.mock.calls.filter(([line]) => String(line).startsWith('Shutting down'))).toHaveLength(names.length),
    );
    await clock.advance('1s');
    await closing;
  });

  it.each(['stdout', 'stderr'] as const)(
    'waits until %s has written what the log was told, for at most 200 ms',
    async (name) => {
      const clock = new ManualClock();
      const testing = await bootDisconnected({ bridge: new UnreachableBridge(), drainTimeout: 0 }, clock);
      await testing.get(DistributedCache).region('products').evict('1');
      const write = vi.spyOn(process[name], 'write').mockReturnValue(true);
      onTestFinished(() => write.mockRestore());
      let isClosed = false;
      const closing = testing.close().then(() => (isClosed = true));
      await vi.waitFor(() => expect(write).toHaveBeenCalled());
      await clock.advance(199);
      expect(isClosed).toBe(false);
      await clock.advance(1);
      await closing;
    },
  );

  it.each(['stdout', 'stderr'] as const)('goes on as soon as %s has written what the log was told', async (name) => {
    const clock = new ManualClock();
    const testing = await bootDisconnected({ bridge: new UnreachableBridge(), drainTimeout: 0 }, clock);
    await testing.get(DistributedCache).region('products').evict('1');
    let wrote = (): void => {};
    const write = vi.spyOn(process[name], 'write').mockImplementation((_line, callback) => {
      if (typeof callback === 'function') wrote = callback;
      return true;
    });
    onTestFinished(() => write.mockRestore());
    let isClosed = false;
    const closing = testing.close().then(() => (isClosed = true));
    await vi.waitFor(() => expect(write).toHaveBeenCalled());
    expect(isClosed).toBe(false);
    wrote();
    await closing;
  });

  it('with nothing to tell does not wait for the streams of the log', async () => {
    const testing = await boot({ bridge: new InMemoryInvalidationBridge() });
    const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
    onTestFinished(() => writes.forEach((write) => write.mockRestore()));
    await testing.close();
    expect(writes.flatMap((write) => write.mock.calls)).toEqual([]);
  });

  it('may be called twice', async () => {
    const testing = await boot({ bridge: new InMemoryInvalidationBridge() });
    await Promise.all([testing.close(), testing.close()]);
    await expect(testing.close()).resolves.toBeUndefined();
  });

  it('that is called twice waits both times until the outbox is delivered', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const lifecycle = (await boot({ bridge, clock, publishTimeout: 0 })).get(DistributedCacheLifecycle);
    bridge.refuse('retry');
    const evicted = lifecycle.cache.clear();
    await clock.advance(0);
    await evicted;

    const closed: string[] = [];
    const closings = ['first', 'second'].map(async (name) => {
      await lifecycle.onApplicationShutdown();
      closed.push(name);
    });
    await clock.advance(1);
    expect(closed).toEqual([]);
    bridge.refuse();
    await clock.advance('1s');
    await Promise.all(closings);
    expect(lifecycle.cache.status().outbox).toBe(0);
  });

  it('without a boot resolves', async () => {
    const testing = await compile(DistributedCacheModule.forRoot({ redisConnectionString: '' }));
    await expect(testing.close()).resolves.toBeUndefined();
  });

  it('before the boot keeps that from connecting', async () => {
    const bridge = new UnreachableBridge();
    const testing = await compile(DistributedCacheModule.forRoot({ bridge }));
    await testing.get(DistributedCacheLifecycle).onApplicationShutdown();
    await testing.init();
    expect(bootLines()).toEqual([]);
    expect(bridge.dials).toBe(0);
  });

  it.each([false, true])('during the boot ends its wait, with abortConnect: %j', async (abortConnect) => {
    const bridge = new UnreachableBridge();
    const testing = await compile(DistributedCacheModule.forRoot({ bridge, clock: new ManualClock(), abortConnect }));
    const booting = testing.init();
    await bridge.dialled;
    await testing.get(DistributedCacheLifecycle).onApplicationShutdown();
    await expect(booting).resolves.toBeDefined();
    expect(bridge.dials).toBe(1);
  });
});
