import type { ChildProcess } from 'node:child_process';

/** What can run a Redis here. */
export type RedisProgram = { kind: 'binary'; path: string } | { kind: 'docker'; image: string };

/** A Redis of our own on the loopback interface, without persistence. It does not outlive this process. */
export interface PrivateRedis {
  readonly port: number;
  readonly connectionString: string;
  readonly program: string;
  readonly process: ChildProcess;
  readonly exited: Promise<void>;
  signal(this: void, signal: NodeJS.Signals): void;
  stop(this: void): Promise<void>;
}

export interface PrivateRedisOptions {
  program?: RedisProgram | undefined;
  port?: number | undefined;
  tls?: boolean | undefined;
  args?: string[] | undefined;
  directories?: string[] | undefined;
  say?: ((line: string) => void) | undefined;
}

export interface InstallOptions {
  say?: ((line: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export const HOW_TO_INSTALL_REDIS: string;
export function findRedisServerBinary(): string | undefined;
export function findRedisProgram(options?: InstallOptions): Promise<RedisProgram | undefined>;
export function installRedis(options?: InstallOptions): Promise<RedisProgram | undefined>;
export function startPrivateRedis(options?: PrivateRedisOptions): Promise<PrivateRedis>;
