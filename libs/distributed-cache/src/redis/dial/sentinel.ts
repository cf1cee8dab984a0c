import type { Redis } from 'ioredis';
import { tcpEndpoint, describeEndpoint, type TcpEndpoint } from '../endpoint.js';
import { withinTime } from './redis-dialling.js';
import { toLinkError } from './redis-refusal.js';
import { disconnect, listenToEveryError } from './redis-sockets.js';

/** @internal */
export interface NamedPrimary {
  readonly endpoint: TcpEndpoint;
  /** Grows with every failover: of two answers, the one with the greater is newer. */
  readonly configEpoch: number;
}

/** One sentinel, over a connection that is kept from question to question and dialled anew after a failure. @internal */
export class Sentinel {
  readonly #endpoint: TcpEndpoint;
  readonly #make: (endpoint: TcpEndpoint) => Redis;
  readonly #timeout: number;
  #redis: Redis | undefined;
  #asking: Promise<NamedPrimary> | undefined;

  /** @param make - makes a connection that is not dialled yet */
  constructor(endpoint: TcpEndpoint, make: (endpoint: TcpEndpoint) => Redis, timeout: number) {
    this.#endpoint = endpoint;
    this.#make = make;
    this.#timeout = timeout;
  }

  /** Rejects, in bounded time, when it cannot say. */
  primaryOf(service: string, signal: AbortSignal): Promise<NamedPrimary> {
    // One question at a time: a sentinel may be slower than those who ask.
    this.#asking ??= this.#primaryOf(service, signal).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  close(): void {
    if (this.#redis) disconnect(this.#redis);
    this.#redis = undefined;
  }

  async #primaryOf(service: string, signal: AbortSignal): Promise<NamedPrimary> {
    const redis = (this.#redis ??= this.#open());
    try {
      return await withinTime(this.#ask(redis, service), this.#timeout, signal);
    } catch (error) {
      if (this.#redis === redis) this.close();
      const failure = toLinkError(error);
      failure.message = `sentinel ${describeEndpoint(this.#endpoint)}: ${failure.message}`;
      throw failure;
    }
  }

  #open(): Redis {
    const redis = this.#make(this.#endpoint);
    // What is wrong is told by the question that fails.
    redis.on('error', () => {});
    listenToEveryError(redis);
    return redis;
  }

  async #ask(redis: Redis, service: string): Promise<NamedPrimary> {
    if (redis.status === 'wait') await connected(redis);
    // The address from the one and the epoch from the other: while a failover is being finished, the sentinel that leads it
    // describes the old primary under the new epoch. Asked for first, an epoch is at most too old.
    const [described, address] = await Promise.all([
      redis.call('SENTINEL', 'MASTER', service),
      redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', service),
    ]);
    if (!Array.isArray(described) || !Array.isArray(address)) throw new Error(`it does not know '${service}'`);
    const [host, port] = address.map(String);
    const fields = described.map(String);
    return {
      endpoint: tcpEndpoint(host ?? '', Number(port)),
      configEpoch: Number(fields[fields.indexOf('config-epoch') + 1]),
    };
  }
}

/** Rejects with what went wrong, which ioredis tells in an event when it ends the connection because of it. */
async function connected(redis: Redis): Promise<void> {
  let failure: Error | undefined;
  redis.once('error', (error) => (failure = error));
  await redis.connect().catch((error: unknown) => Promise.reject(failure ?? error));
  if (failure) throw failure;
}
