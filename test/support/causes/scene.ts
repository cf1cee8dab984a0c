import { createServer, type Server } from 'node:net';
import { Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedCacheModule, type DistributedCacheOptions } from 'nestjs-distributed-cache';
import { errorFrom } from '../../../libs/distributed-cache/src/common/error-from.js';
import { eventually } from '../common/eventually.js';
import { instances, type Instances, type Place } from '../instances/instances.js';
import { RecordedLogger, type LogLine } from '../instances/recorded-logger.js';
import { RedisSentinel, WatchedRedis, type WatchedRedisOptions } from '../redis/redis-sentinel.js';
import { RedisServer, type RedisServerOptions } from '../redis/redis-server.js';

/** Where one cause is brought about. Everything that is started here ends with {@link end}. */
export class Scene {
  readonly #ends: (() => Promise<unknown> | void)[] = [];
  readonly #logs: RecordedLogger[] = [];
  readonly #errors: string[] = [];

  /** What an operator has read so far: each line of level `warn` or `error` with its cause, and each error that was thrown. */
  get said(): readonly string[] {
    const lines = this.#logs.flatMap((log) => log.lines).filter(({ level }) => level === 'warn' || level === 'error');
    return [...new Set([...lines.map(asText), ...this.#errors])];
  }

  /** Resolves when something like this was said. */
  async untilSaid(what: RegExp): Promise<void> {
    await eventually(() => {
      if (this.said.some((line) => what.test(line))) return;
      throw new Error(`nobody has said ${what}, but: ${this.said.join(' | ')}`);
    });
  }

  /** Notes the message of an error that reaches the caller. */
  async thrown(attempt: () => unknown): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      this.#errors.push(`thrown: ${errorFrom(error).message}`);
    }
  }

  async redis(options?: RedisServerOptions): Promise<RedisServer> {
    const redis = await RedisServer.start(options);
    this.atEnd(() => redis.stop());
    return redis;
  }

  /** A server that a user with these rules may use, and the place to reach it as that user. */
  async redisFor(...rules: readonly string[]): Promise<{ redis: RedisServer; place: Place }> {
    const redis = await this.redis();
    await redis.admin.call('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', ...rules);
    await redis.admin.call('ACL', 'LOG', 'RESET');
    return { redis, place: { connectionString: `127.0.0.1:${redis.port},user=shop,password=secret` } };
  }

  async watchedRedis(options?: WatchedRedisOptions): Promise<WatchedRedis> {
    const redis = await WatchedRedis.start(options);
    this.atEnd(() => redis.stop());
    return redis;
  }

  /** One sentinel that watches a server, which is enough to be told of it. */
  async sentinel(port: number, options: WatchedRedisOptions = {}): Promise<RedisSentinel> {
    const sentinel = await RedisSentinel.start(port, options);
    this.atEnd(() => sentinel.stop());
    return sentinel;
  }

  /** Instances that are not started yet. */
  instances(count: number, place: Place, options: DistributedCacheOptions = {}): Instances {
    const all = instances(count)
      .on(place)
      .with({ namespace: 'shop', publishTimeout: 50, drainTimeout: 0, maxStaleness: '1s', ...options });
    this.#logs.push(all.log);
    this.atEnd(() => all.close());
    return all;
  }

  /** A Nest application, which waits for a second when it boots. */
  async application(redisConnectionString: string): Promise<void> {
    const log = new RecordedLogger();
    this.#logs.push(log);
    @Module({ imports: [DistributedCacheModule.forRoot({ redisConnectionString, drainTimeout: 0 })] })
    class ApplicationModule {}

    const context = await NestFactory.createApplicationContext(ApplicationModule, { logger: asNestLogger(log) });
    this.atEnd(() => context.close());
  }

  /** Listens on a port as something that is no Redis. */
  async listen(become: (server: Server) => void): Promise<number> {
    const server = createServer();
    become(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.atEnd(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
    return address.port;
  }

  atEnd(end: () => Promise<unknown> | void): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
  }
}

function asText({ level, message, parameters }: LogLine): string {
  const cause = parameters && 'cause' in parameters ? ` | ${String(parameters.cause)}` : '';
  return `${level}: ${message}${cause}`;
}

function asNestLogger(log: RecordedLogger): LoggerService {
  const keep =
    (level: 'log' | 'warn' | 'error') =>
    (line: unknown): void => {
      // The cache gives a logger one object, with the text among the details; other parts of Nest give it a text.
      const { message = line, ...details }: { message?: unknown } = typeof line === 'object' ? { ...line } : {};
      log[level](String(message), details);
    };
  return { log: keep('log'), warn: keep('warn'), error: keep('error') };
}
