import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { runAfterDeath } from '../../../tools/parent-death.mjs';
import { freePort } from '../../../tools/ports.mjs';
import { findRedisServerBinary } from '../../../tools/redis.mjs';
import { eventually } from '../common/eventually.js';
import type { RedisCertificate } from './redis-certificate.js';
import { RedisServer } from './redis-server.js';

/** By what name the sentinels know the primary. */
export const SERVICE = 'main';

export interface WatchedRedisOptions {
  /** Of Redis. Default: none. */
  password?: string | undefined;
  /** Of the sentinels. Default: none. */
  sentinelPassword?: string | undefined;
  /** All speak TLS. */
  tls?: RedisCertificate | undefined;
}

export interface RedisSentinelOptions extends WatchedRedisOptions {
  /** The loopback address that the sentinel listens on. Default: 127.0.0.1. */
  host?: string | undefined;
  /** Default: a free port. */
  port?: number | undefined;
}

/** A primary and a replica that three sentinels watch over. */
export class WatchedRedis {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly sentinels: readonly RedisSentinel[];

  private constructor(primary: RedisServer, replica: RedisServer, sentinels: readonly RedisSentinel[]) {
    this.primary = primary;
    this.replica = replica;
    this.sentinels = sentinels;
  }

  static async start(options: WatchedRedisOptions = {}): Promise<WatchedRedis> {
    const { password, tls } = options;
    const args = [
      '--repl-diskless-sync-delay',
      '0',
      ...(password === undefined ? [] : ['--masterauth', password]),
      ...(tls ? ['--tls-replication', 'yes'] : []),
    ];
    const primary = await RedisServer.start({ password, tls, args });
    const replica = await RedisServer.start({
      password,
      tls,
      args: [...args, '--replicaof', '127.0.0.1', `${primary.port}`],
    });
    await until(async () => (await replica.admin.info('replication')).includes('master_link_status:up'));
    const sentinels = await Promise.all([1, 2, 3].map(() => RedisSentinel.start(primary.port, options)));
    for (const sentinel of sentinels) await until(() => sentinel.seesAll());
    return new WatchedRedis(primary, replica, sentinels);
  }

  /** What an application would be given. */
  get connectionString(): string {
    return `${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')},serviceName=${SERVICE}`;
  }

  /**
   * Makes sentinels forget the primary and watch another server under its name, as an operator does who replaces all servers. Their
   * configuration epoch begins again at 0.
   *
   * @param told - Default: all sentinels.
   */
  async watchAnother({ port }: RedisServer, told: readonly RedisSentinel[] = this.sentinels): Promise<void> {
    for (const { client } of told) {
      await client.call('SENTINEL', 'REMOVE', SERVICE);
      await client.call('SENTINEL', 'MONITOR', SERVICE, '127.0.0.1', port, 2);
    }
  }

  /** Resolves when the replica has been promoted and every sentinel says so. */
  async untilPromoted(): Promise<void> {
    for (const sentinel of this.sentinels) {
      if (!sentinel.isAlive) continue;
      await until(async () => (await sentinel.primaryPort()) === this.replica.port);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.primary, this.replica, ...this.sentinels].map((each) => each.stop()));
  }
}

/** One sentinel on a free port. It does not outlive the test process. */
export class RedisSentinel {
  readonly port: number;
  readonly client: Redis;
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #callOff: () => void;
  isAlive = true;

  private constructor(port: number, client: Redis, process: ChildProcess, directory: string) {
    this.port = port;
    this.client = client;
    this.#process = process;
    this.#directory = directory;
    this.#callOff = runAfterDeath(['kill', '-9', `${process.pid}`]);
  }

  static async start(
    primaryPort: number,
    { password, sentinelPassword, tls, host = '127.0.0.1', port: wanted }: RedisSentinelOptions,
  ): Promise<RedisSentinel> {
    const directory = await mkdtemp(join(tmpdir(), 'redis-sentinel-'));
    const port = wanted ?? (await freePort());
    const configuration = [
      ...(tls ? ['port 0', `tls-port ${port}`, 'tls-replication yes', 'tls-auth-clients no'] : [`port ${port}`]),
      ...(tls
        ? [`tls-ca-cert-file ${tls.caFile}`, `tls-cert-file ${tls.certFile}`, `tls-key-file ${tls.keyFile}`]
        : []),
      `bind ${host === '127.0.0.1' ? '127.0.0.1 -::1' : host}`,
      `dir ${directory}`,
      `sentinel monitor ${SERVICE} 127.0.0.1 ${primaryPort} 2`,
      `sentinel down-after-milliseconds ${SERVICE} 500`,
      `sentinel failover-timeout ${SERVICE} 2000`,
      ...(password === undefined ? [] : [`sentinel auth-pass ${SERVICE} ${password}`]),
      ...(sentinelPassword === undefined
        ? []
        : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
    ];
    // The sentinel writes to it.
    const file = join(directory, 'sentinel.conf');
    await writeFile(file, configuration.join('\n'));
    const sentinel = spawn(findRedisServerBinary() ?? 'redis-server', [file, '--sentinel'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await untilWatching(sentinel);
    const client = new Redis({
      port,
      host,
      ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
      ...(tls ? { tls: { ca: tls.ca, checkServerIdentity: () => undefined } } : {}),
    });
    client.on('error', () => {});
    return new RedisSentinel(port, client, sentinel, directory);
  }

  /** Whether it knows the replica and the other two. */
  async seesAll(): Promise<boolean> {
    const answer = await this.client.call('SENTINEL', 'MASTER', SERVICE);
    const fields = Array.isArray(answer) ? answer.map(String) : [];
    const field = (name: string): number => Number(fields[fields.indexOf(name) + 1]);
    return field('num-slaves') === 1 && field('num-other-sentinels') === 2;
  }

  async primaryPort(): Promise<number> {
    const answer = await this.client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', SERVICE);
    return Number(Array.isArray(answer) ? answer[1] : undefined);
  }

  pause(): void {
    this.#process.kill('SIGSTOP');
  }

  resume(): void {
    this.#process.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.client.disconnect();
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
    this.#callOff();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function untilWatching(sentinel: ChildProcess): Promise<void> {
  const lines: string[] = [];
  if (!sentinel.stdout) throw new Error('the sentinel has no output');
  for await (const line of createInterface({ input: sentinel.stdout })) {
    lines.push(line);
    if (line.includes('+monitor')) {
      sentinel.stdout.resume();
      return;
    }
  }
  throw new Error(`The sentinel did not start. Its log ends with:\n${lines.slice(-10).join('\n')}`);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  await eventually(async () => {
    if (!(await condition())) throw new Error(`not so yet: ${String(condition)}`);
  }, 30_000);
}
