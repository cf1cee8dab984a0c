import { inspect } from 'node:util';
import { Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DistributedCache, DistributedCacheModule, type DistributedCacheOptions } from 'nestjs-distributed-cache';
import { eventually } from '../support/common/eventually.js';
import { startRedis, usingRedis } from '../support/redis/using-redis.js';

const SECRET = 's3cr3t';

/** Keeps everything that an application would log, as deeply as anything could print it. */
class EverythingLogged implements LoggerService {
  text = '';
  readonly log = (...parts: unknown[]): void => this.keep(parts);
  readonly warn = this.log;
  readonly error = this.log;
  readonly debug = this.log;
  readonly verbose = this.log;
  readonly fatal = this.log;

  keep(parts: unknown): void {
    this.text += `${inspect(parts, { depth: 10, showHidden: true, maxStringLength: null })}\n`;
  }
}

describe('no log line and no error contains a password', () => {
  const redis = usingRedis({ password: 'another-password' });
  let logger: EverythingLogged;

  beforeEach(() => {
    logger = new EverythingLogged();
    for (const method of ['log', 'warn', 'error', 'info', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => logger.keep(parts));
    }
  });
  afterEach(() => vi.restoreAllMocks());

  /** Boots an application, evicts something, shuts it down; whatever goes wrong is kept. */
  async function runApplication(options: DistributedCacheOptions): Promise<void> {
    @Module({ imports: [DistributedCacheModule.forRoot({ drainTimeout: 50, ...options })] })
    class ApplicationModule {}

    try {
      const context = await NestFactory.createApplicationContext(ApplicationModule, { logger, abortOnError: false });
      const cache = context.get(DistributedCache);
      await cache.region('products').evict('1');
      logger.keep([cache.status(), cache.stats()]);
      await context.close();
    } catch (error) {
      logger.keep(error);
    }
  }

  const port = (): number => redis.port;

  it.each<[string, () => DistributedCacheOptions, RegExp]>([
    ['in a URL', () => ({ redisConnectionString: `redis://:${SECRET}@127.0.0.1:${port()}` }), /WRONGPASS/],
    [
      'in a URL, in RESP3',
      () => ({ redisConnectionString: `127.0.0.1:${port()},password=${SECRET},protocol=3`, abortConnect: true }),
      /WRONGPASS/,
    ],
    [
      'as the user of a URL',
      () => ({ redisConnectionString: `redis://${SECRET}@127.0.0.1:${port()}` }),
      /refuses|WRONGPASS|NOAUTH/,
    ],
    [
      'with a user',
      () => ({ redisConnectionString: `127.0.0.1:${port()},user=${SECRET},password=${SECRET}`, abortConnect: true }),
      /WRONGPASS/,
    ],
    [
      'that forbids to start without Redis',
      () => ({ redisConnectionString: `127.0.0.1:${port()},password=${SECRET},abortConnect=true,connectRetry=2` }),
      /RedisUnavailableError/,
    ],
    [
      'for a server that is not there',
      () => ({ redisConnectionString: `127.0.0.1:1,password=${SECRET},abortConnect=true,connectRetry=1` }),
      /ECONNREFUSED/,
    ],
    [
      'for TLS where there is none',
      () => ({
        redisConnectionString: `127.0.0.1:${port()},password=${SECRET},ssl=true,connectTimeout=100,connectRetry=1,abortConnect=true`,
      }),
      /TLS/,
    ],
    [
      'in options of ioredis',
      () => ({ redis: { host: '127.0.0.1', port: port(), password: SECRET }, abortConnect: true }),
      /WRONGPASS/,
    ],
    [
      'in a client',
      () => ({
        redis: new Redis({ host: '127.0.0.1', port: port(), password: SECRET, lazyConnect: true }),
        abortConnect: true,
      }),
      /WRONGPASS/,
    ],
    [
      'from credentials()',
      () => ({
        redis: { host: '127.0.0.1', port: port(), credentials: async () => ({ password: SECRET }) },
        abortConnect: true,
      }),
      /WRONGPASS/,
    ],
    [
      'attached to what credentials() throws',
      () => ({
        redis: {
          host: '127.0.0.1',
          port: port(),
          credentials: () => Promise.reject(Object.assign(new Error('sealed'), { tried: SECRET })),
        },
      }),
      /sealed/,
    ],
    [
      'in a string with an unknown option',
      () => ({ redisConnectionString: `a:1,password=${SECRET},colour=red` }),
      /part 3 of the string/,
    ],
    [
      'in a URL with a bad port',
      () => ({ redisConnectionString: `redis://:${SECRET}@host:port` }),
      /InvalidConnectionString/,
    ],
    [
      'in a URL with a bad scheme',
      () => ({ redisConnectionString: `http://:${SECRET}@host:1` }),
      /InvalidConnectionString/,
    ],
    [
      'in a URL that is cut in two',
      () => ({ redisConnectionString: `redis://:${SECRET}@` }),
      /InvalidConnectionString/,
    ],
    ['in a string that is none', () => ({ redisConnectionString: `password=${SECRET}` }), /InvalidConnectionString/],
    [
      'beside an option that is not allowed',
      () => ({ redisConnectionString: `redis://:${SECRET}@127.0.0.1:${port()}`, ttl: 0 }),
      /InvalidOptions/,
    ],
    [
      'in a string for a cluster of which no node is there',
      () => ({ redisConnectionString: `127.0.0.1:1,127.0.0.1:2,password=${SECRET}`, abortConnect: true }),
      /\(cluster, no TLS\)[^]*127\.0\.0\.1:2: connect ECONNREFUSED/,
    ],
    [
      'in a string for sentinels of which none is there',
      () => ({ redisConnectionString: `redis+sentinel://:${SECRET}@127.0.0.1:1/main`, abortConnect: true }),
      /no sentinel names the primary of 'main'/,
    ],
    [
      'that holds a comma, and so looks like a password and the node of a cluster',
      () => ({ redisConnectionString: `127.0.0.1:${port()},password=begins,${SECRET}` }),
      /InvalidConnectionString.*endpoint 2/,
    ],
  ])('%s', async (_, options, told) => {
    await runApplication(options());
    expect(logger.text).toMatch(told);
    expect(logger.text).not.toContain(SECRET);
  });

  it('when the connection is lost after boot and the password has changed', async () => {
    const secured = await startRedis({ password: SECRET });
    const { admin } = secured;

    @Module({ imports: [DistributedCacheModule.forRoot({ redisConnectionString: secured.connectionString })] })
    class ApplicationModule {}
    const context = await NestFactory.createApplicationContext(ApplicationModule, { logger, abortOnError: false });
    const cache = context.get(DistributedCache);
    expect(cache.status().state).toBe('coherent');
    expect(logger.text).toContain('redis://***@127.0.0.1');

    await admin.config('SET', 'requirepass', 'rotated');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await eventually(() => expect(logger.text).toContain('WRONGPASS'));
    await context.close();
    expect(logger.text).not.toContain(SECRET);
    expect(logger.text).not.toContain('rotated');
  });
});
