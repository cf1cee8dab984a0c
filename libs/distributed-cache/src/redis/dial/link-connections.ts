import type { Redis } from 'ioredis';
import type { Endpoint } from '../endpoint.js';
import { dialStep } from './dial-step.js';
import { toLinkError } from './redis-errors.js';
import { disconnect, listenToEveryError } from './sockets.js';

/**
 * Owns the connections of one link, from the first dialled to the end of the link. Each step of dialling takes a bounded time, and all
 * connections are closed together.
 *
 * @internal
 */
export class LinkConnections {
  readonly #make: (endpoint: Endpoint) => Redis;
  readonly #timeout: number;
  readonly #signal: AbortSignal;
  /** The connections, each with the last error that it reported. */
  readonly #failures = new Map<Redis, Error | undefined>();
  readonly #companions: { close(): void }[] = [];
  #onGivenUp: (cause: Error) => void = () => {};

  /**
   * @param make - makes a connection that is not dialled yet
   * @param timeout - how long a step may take, in ms
   * @param signal - asks to give the dial up
   */
  constructor(make: (endpoint: Endpoint) => Redis, timeout: number, signal: AbortSignal) {
    this.#make = make;
    this.#timeout = timeout;
    this.#signal = signal;
  }

  /** Opens a further connection. */
  async connect(endpoint: Endpoint): Promise<Redis> {
    const redis = this.#make(endpoint);
    this.#failures.set(redis, undefined);
    redis.on('error', (error) => this.#failures.set(redis, toLinkError(error)));
    listenToEveryError(redis);
    await this.step(redis, redis.connect());
    return redis;
  }

  /**
   * Resolves with the answer to a command on `redis`. When the connection has reported an error, it rejects with that error, which is more
   * precise than the error of the command.
   */
  async step<T>(redis: Redis, answer: Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await dialStep(answer, this.#timeout, this.#signal);
    } catch (error) {
      throw this.failureOf(redis) ?? toLinkError(error);
    }
    const failure = this.failureOf(redis);
    // ioredis connects all the same when SELECT was refused, and would then use another database than the other instances.
    if (failure) throw failure;
    return value;
  }

  /** The last error that the connection reported. */
  failureOf(redis: Redis): Error | undefined {
    return this.#failures.get(redis);
  }

  /** Whether the dial was given up, so that no further endpoint needs to be tried. */
  get isAborted(): boolean {
    return this.#signal.aborted;
  }

  /** Ends the link at once, without waiting for the server: it may not answer any more. */
  giveUp(cause: Error): void {
    for (const redis of this.#failures.keys()) this.#failures.set(redis, cause);
    this.closeAll();
    this.#onGivenUp(cause);
  }

  /** Calls `listener` when the link is given up. */
  onGivenUp(listener: (cause: Error) => void): void {
    this.#onGivenUp = listener;
  }

  /** Closes `companion` together with the connections. */
  alsoClose(companion: { close(): void }): void {
    this.#companions.push(companion);
  }

  closeAll(): void {
    for (const redis of this.#failures.keys()) disconnect(redis);
    for (const companion of this.#companions) companion.close();
  }
}
