import type { Redis } from 'ioredis';
import type { Endpoint } from '../endpoint.js';
import { withinTime } from './redis-dialling.js';
import { toLinkError } from './redis-errors.js';
import { disconnect, listenToEveryError } from './sockets.js';

/** The connections of one link: each step of dialling them takes a bounded time, and all are closed together. @internal */
export class LinkConnections {
  readonly #make: (endpoint: Endpoint) => Redis;
  readonly #timeout: number;
  readonly #signal: AbortSignal;
  readonly #failures = new Map<Redis, Error | undefined>();
  readonly #companions: { close(): void }[] = [];
  #gaveUp: (cause: Error) => void = () => {};

  /** @param make - makes a connection that is not dialled yet */
  constructor(make: (endpoint: Endpoint) => Redis, timeout: number, signal: AbortSignal) {
    this.#make = make;
    this.#timeout = timeout;
    this.#signal = signal;
  }

  async connect(endpoint: Endpoint): Promise<Redis> {
    const redis = this.#make(endpoint);
    this.#failures.set(redis, undefined);
    redis.on('error', (error) => this.#failures.set(redis, toLinkError(error)));
    listenToEveryError(redis);
    await this.step(redis, redis.connect());
    return redis;
  }

  /** What `redis` answers. Rejects with what went wrong with the connection, where that tells more than the answer. */
  async step<T>(redis: Redis, answer: Promise<T>): Promise<T> {
    let answered: T;
    try {
      answered = await withinTime(answer, this.#timeout, this.#signal);
    } catch (error) {
      throw this.failureOf(redis) ?? toLinkError(error);
    }
    const failure = this.failureOf(redis);
    // ioredis goes on when SELECT was refused, in another database than the other instances.
    if (failure) throw failure;
    return answered;
  }

  /** What went wrong with the connection last. */
  failureOf(redis: Redis): Error | undefined {
    return this.#failures.get(redis);
  }

  get isGivenUp(): boolean {
    return this.#signal.aborted;
  }

  /** Ends the link at once: whoever is at the other end may not answer even to that. */
  giveUp(cause: Error): void {
    for (const redis of this.#failures.keys()) this.#failures.set(redis, cause);
    this.closeAll();
    this.#gaveUp(cause);
  }

  whenGivenUp(gaveUp: (cause: Error) => void): void {
    this.#gaveUp = gaveUp;
  }

  /** `companion` lives for as long as the connections. */
  closeToo(companion: { close(): void }): void {
    this.#companions.push(companion);
  }

  closeAll(): void {
    for (const redis of this.#failures.keys()) disconnect(redis);
    for (const companion of this.#companions) companion.close();
  }
}
