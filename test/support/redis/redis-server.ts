import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type PrivateRedis, startPrivateRedis } from '../../../tools/redis.mjs';
import { createRedisCertificate, type RedisCertificate } from './redis-certificate.js';
import { everythingSaid } from '../secrets/everything-said.js';

export interface RedisServerOptions {
  /** What clients must authenticate with. Default: nothing. */
  password?: string | undefined;
  /** With `password`: an ACL user; the default user is switched off then. */
  user?: string | undefined;
  /**
   * Listen with TLS only, with a certificate of an authority that {@link RedisServer.ca} holds: one made for this server, or one that
   * the caller removes.
   */
  tls?: boolean | RedisCertificate | undefined;
  /** Listen on a unix socket as well; the connection string then names it. */
  unixSocket?: boolean | undefined;
  /** Write every change to a file, which {@link RedisServer.restart} reads: the data survive, the run id does not. */
  persistent?: boolean | undefined;
  /** The loopback address that it listens on. Default: 127.0.0.1. */
  host?: string | undefined;
  /** Default: a free port. */
  port?: number | undefined;
  /** Further arguments of `redis-server`. */
  args?: readonly string[] | undefined;
}

/** A private Redis on a free port, with what tests do to one. It does not outlive the test process. */
export class RedisServer {
  readonly #clients = new Set<Redis>();
  readonly #options: RedisServerOptions;
  #running: Running | undefined;
  #admin: Redis | undefined;

  /** A server that {@link start} starts. */
  constructor(options: RedisServerOptions = {}) {
    this.#options = options;
  }

  /** Starts a server. The caller stops it. */
  static async start(options?: RedisServerOptions): Promise<RedisServer> {
    const server = new RedisServer(options);
    await server.start();
    return server;
  }

  /** Starts the server on a free port. */
  async start(): Promise<void> {
    const prepared = await prepare(this.#options);
    this.#running = { prepared, server: await launch(prepared, this.#options, this.#options.port) };
  }

  get port(): number {
    return this.#started.server.port;
  }

  /** What an application would be given: a URL, or StackExchange.Redis syntax for a unix socket. It holds the password. */
  get connectionString(): string {
    return connectionStringOf(this.port, this.socketPath, this.#options);
  }

  /** The path of the unix socket, if one was asked for. */
  get socketPath(): string | undefined {
    const { socketDirectory } = this.#started.prepared;
    return socketDirectory === undefined ? undefined : socketIn(socketDirectory);
  }

  /** The certificate of the authority to trust, PEM, with `tls`. */
  get ca(): string | undefined {
    return this.#started.prepared.certificate?.ca;
  }

  /** The process id of the server. */
  get pid(): number | undefined {
    return this.#started.server.process.pid;
  }

  /** The test's own connection to the server, opened when it is first asked for. */
  get admin(): Redis {
    return (this.#admin ??= this.client());
  }

  /** One more connection of the test's own; closed when the server stops. */
  client(): Redis {
    const { user, password } = this.#options;
    const client = new Redis({
      ...(this.socketPath === undefined
        ? { host: this.#options.host ?? '127.0.0.1', port: this.port }
        : { path: this.socketPath }),
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      // A test's own client comes for what the server holds, not for its name.
      ...(this.ca === undefined ? {} : { tls: { ca: this.ca, checkServerIdentity: () => undefined } }),
    });
    // The server goes away under its clients in these tests, and an 'error' nobody listens to would be printed.
    client.on('error', () => {});
    this.#clients.add(client);
    return client;
  }

  /** Freezes the server: connections stay open and nobody answers. */
  pause(): void {
    this.#started.server.signal('SIGSTOP');
  }

  resume(): void {
    this.#started.server.signal('SIGCONT');
  }

  /** Kills the server; its port stays known, for {@link restart}. */
  async kill(): Promise<void> {
    await this.#started.server.stop();
  }

  /** Starts the server again on the same port: empty, unless it is `persistent`, and with another run id. */
  async restart(): Promise<void> {
    const { server, prepared } = this.#started;
    await server.stop();
    this.#running = { prepared, server: await launch(prepared, this.#options, server.port) };
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    const { server, prepared } = this.#running;
    for (const client of this.#clients) client.disconnect();
    this.#clients.clear();
    this.#admin = undefined;
    await server.stop();
    if (this.#options.tls === true) await prepared.certificate?.remove();
    for (const directory of [prepared.socketDirectory, prepared.persistentDirectory]) {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    }
  }

  get #started(): Running {
    if (!this.#running) throw new Error('This Redis is not started yet: ask for its port within a test or a hook.');
    return this.#running;
  }
}

interface Running {
  readonly server: PrivateRedis;
  readonly prepared: Prepared;
}

interface Prepared {
  readonly args: string[];
  readonly certificate?: RedisCertificate | undefined;
  readonly socketDirectory?: string | undefined;
  readonly persistentDirectory?: string | undefined;
}

async function prepare(options: RedisServerOptions): Promise<Prepared> {
  const { user, password, tls, unixSocket, persistent, host, args = [] } = options;
  everythingSaid.secrets.add(password);
  const certificate = tls === true ? await createRedisCertificate() : tls || undefined;
  const socketDirectory = unixSocket ? await mkdtemp(join(tmpdir(), 'redis-socket-')) : undefined;
  const persistentDirectory = persistent ? await mkdtemp(join(tmpdir(), 'redis-persistent-')) : undefined;
  return {
    certificate,
    socketDirectory,
    persistentDirectory,
    args: [
      ...(host === undefined ? [] : ['--bind', host]),
      ...authenticationArgs(user, password),
      ...(certificate === undefined ? [] : certificateArgs(certificate)),
      ...(socketDirectory === undefined ? [] : ['--unixsocket', socketIn(socketDirectory)]),
      ...(persistentDirectory === undefined ? [] : ['--dir', persistentDirectory, '--appendonly', 'yes']),
      ...args,
    ],
  };
}

function authenticationArgs(user: string | undefined, password: string | undefined): string[] {
  if (password === undefined) return [];
  if (user === undefined) return ['--requirepass', password];
  return ['--user', user, 'on', `>${password}`, '~*', '&*', '+@all', '--user', 'default', 'off'];
}

function certificateArgs({ caFile, certFile, keyFile }: RedisCertificate): string[] {
  const files = ['--tls-ca-cert-file', caFile, '--tls-cert-file', certFile, '--tls-key-file', keyFile];
  return [...files, '--tls-auth-clients', 'no'];
}

function launch(
  { args, certificate, socketDirectory, persistentDirectory }: Prepared,
  { tls }: RedisServerOptions,
  port: number | undefined,
): Promise<PrivateRedis> {
  const directories = [certificate?.directory, socketDirectory, persistentDirectory].filter(
    (path) => path !== undefined,
  );
  return startPrivateRedis({ args, directories, port, tls: Boolean(tls) });
}

function connectionStringOf(
  port: number,
  socketPath: string | undefined,
  { user, password, tls, host = '127.0.0.1' }: RedisServerOptions,
): string {
  if (socketPath !== undefined) {
    const credentials = [user && `user=${user}`, password && `password=${password}`].filter(Boolean);
    return [`!${socketPath}`, ...credentials].join(',');
  }
  const credentials =
    password === undefined ? '' : `${encodeURIComponent(user ?? '')}:${encodeURIComponent(password)}@`;
  return `${tls ? 'rediss' : 'redis'}://${credentials}${host}:${port}`;
}

function socketIn(directory: string): string {
  return join(directory, 'redis.sock');
}
