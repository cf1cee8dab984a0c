import type { Redis } from 'ioredis';
import type { RedisServer } from '../support/redis/redis-server.js';

/** Faults of a Redis, one at a time: a server that restarts can neither be frozen nor get commands. */
export class ServerFaults {
  readonly #server: RedisServer;
  readonly #client: Redis;
  readonly #namespace: string;
  #running: Promise<void> | undefined;
  #endSoon: () => void = () => {};

  constructor(server: RedisServer, namespace: string) {
    this.#server = server;
    this.#namespace = namespace;
    this.#client = server.client();
  }

  get port(): number {
    return this.#server.port;
  }

  /** The server answers nobody for a while; every connection stays open. */
  freeze(milliseconds: number): void {
    this.#begin(async () => {
      this.#server.pause();
      await this.#pass(milliseconds);
      this.#server.resume();
    });
  }

  /** The server is killed and, after a while, started again. */
  restart(milliseconds: number, { empty }: { readonly empty: boolean }): void {
    this.#begin(async () => {
      if (empty) await this.#client.flushall();
      await this.#server.kill();
      await this.#pass(milliseconds);
      await this.#server.restart();
    });
  }

  pauseClients(milliseconds: number): void {
    this.#ask((client) => client.client('PAUSE', milliseconds, 'ALL'));
  }

  killConnections(type: 'pubsub' | 'normal'): void {
    this.#ask((client) => client.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes'));
  }

  forgetScripts(): void {
    this.#ask((client) => client.script('FLUSH'));
  }

  /** @param what - the log, or the list of members */
  delete(what: 'log' | 'members'): void {
    this.#ask((client) => client.del(`{${this.#namespace}}:${what}`));
  }

  /** The server accepts no writes for a while. */
  fillUp(milliseconds: number): void {
    this.#begin(async () => {
      await this.#client.config('SET', 'maxmemory', '1');
      await this.#pass(milliseconds);
      await this.#client.config('SET', 'maxmemory', '0');
    });
  }

  /** Ends the running fault. */
  async heal(): Promise<void> {
    this.#endSoon();
    await this.#running;
  }

  close(): void {
    this.#client.disconnect();
  }

  #ask(command: (client: Redis) => Promise<unknown>): void {
    this.#begin(async () => void (await command(this.#client)));
  }

  #begin(fault: () => Promise<void>): void {
    if (this.#running) return;
    this.#running = fault().finally(() => (this.#running = undefined));
  }

  /** Waits; {@link heal} cuts the wait short. */
  #pass(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#endSoon = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
