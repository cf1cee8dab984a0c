import type { Redis } from 'ioredis';
import type { LinkListener, LinkNotice } from '../../protocol/invalidation-bridge.js';
import type { Endpoint } from '../endpoint.js';
import { dialStep } from './dial-step.js';
import { keepOffConsole } from './quiet-connection.js';
import { ConnectionClosedError, refusalIn, toLinkError, type ErrorContext } from './redis-errors.js';
import { disconnect, listenToEveryError } from './sockets.js';
import { unaskedAnswer } from './unasked-answer.js';

const CLOSED_AT_ONCE =
  'it may require TLS (rediss:// or ssl=true), have reached its limit of clients (maxclients), or be a proxy that does not know every command, such as twemproxy';

const NO_PASSWORD_NEEDED: LinkNotice = {
  severity: 'warn',
  message:
    'Redis needs no password, although one is given: it may be another server than the one that is meant, or one that anybody may use',
};

/** What the connections of a link know about it. @internal */
export interface LinkContext extends ErrorContext {
  readonly noticed?: LinkListener['noticed'];
}

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
  readonly #context: LinkContext;
  /** The connections, each with the last error that it reported. */
  readonly #failures = new Map<Redis, Error | undefined>();
  readonly #companions: { close(): void }[] = [];
  #onGivenUp: (cause: Error) => void = () => {};

  /**
   * @param make - makes a connection that is not dialled yet
   * @param timeout - how long a step may take, in ms
   * @param signal - asks to give the dial up
   */
  constructor(make: (endpoint: Endpoint) => Redis, timeout: number, signal: AbortSignal, context: LinkContext = {}) {
    this.#make = make;
    this.#timeout = timeout;
    this.#signal = signal;
    this.#context = context;
  }

  /** Opens a further connection. */
  async connect(endpoint: Endpoint): Promise<Redis> {
    const redis = this.#make(endpoint);
    this.#failures.set(redis, undefined);
    redis.on('error', (error) => this.#failures.set(redis, this.explain(error)));
    listenToEveryError(redis);
    keepOffConsole(redis, () => this.#context.noticed?.(NO_PASSWORD_NEEDED));
    await this.step(redis, redis.connect());
    return redis;
  }

  /** The error that the bridge reports for an error of ioredis. */
  explain(error: unknown): Error {
    return toLinkError(error, this.#context);
  }

  /** As {@link explain}, of a connection that the server has let in. */
  explainOpen(error: unknown): Error {
    return toLinkError(error, { ...this.#context, isOpen: true });
  }

  /**
   * Resolves with the answer to a command on `redis`. When the connection has reported an error, it rejects with that error, which is more
   * precise than the error of the command.
   *
   * @param ifClosed - what may be the reason when the server ends the connection instead of answering
   */
  async step<T>(redis: Redis, answer: Promise<T>, ifClosed = CLOSED_AT_ONCE): Promise<T> {
    let value: T;
    try {
      value = await dialStep(answer, this.#timeout, this.#signal);
    } catch (error) {
      const failure = this.failureOf(redis) ?? this.explain(error);
      throw failure instanceof ConnectionClosedError ? await this.#whyClosed(redis, failure, ifClosed) : failure;
    }
    const failure = this.failureOf(redis);
    // ioredis connects all the same when SELECT was refused, and would then use another database than the other instances.
    if (failure) throw failure;
    return value;
  }

  /** The server has accepted the connection and ended it again. */
  async #whyClosed({ options }: Redis, { message }: ConnectionClosedError, otherwise: string): Promise<Error> {
    const answer = this.isAborted ? undefined : await unaskedAnswer(options);
    return answer === undefined ? new Error(`${message}: ${otherwise}`) : refusalIn(answer, this.#context);
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
