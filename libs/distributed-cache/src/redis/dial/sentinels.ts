import { setTimeout as delay } from 'node:timers/promises';
import type { NatMap, Redis } from 'ioredis';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { describeEndpoint, tcpEndpoint, throughNat, type TcpEndpoint } from '../endpoint.js';
import { withinTime } from './redis-dialling.js';
import { toLinkError } from './redis-errors.js';
import { disconnect, listenToEveryError } from './sockets.js';

/** How long the others may take to contradict the first that answers, in ms. */
const GRACE = 250;
const BETWEEN_LOOKS = 1_000;

/** The sentinels that watch over a primary. @internal */
export interface SentinelService {
  readonly name: string;
  readonly endpoints: readonly TcpEndpoint[];
  readonly natMap: NatMap | undefined;
  /** Makes a connection to a sentinel that is not dialled yet. */
  make(this: void, endpoint: TcpEndpoint): Redis;
}

/** @internal */
export interface NamedPrimary {
  readonly endpoint: TcpEndpoint;
  /** Grows with every failover: of two answers, the one with the greater is newer. */
  readonly configEpoch: number;
}

/**
 * Finds the primary, and notices while a link is open that it is another one now: a primary that was cut off from the sentinels
 * and replaced still answers whoever can reach it.
 *
 * Not through ioredis: it would ask anew for each connection, and so could open the two of a link to two servers; and its
 * `failoverDetector` prints to the console when a sentinel is away, and stays open when the connection is closed while it is opened.
 *
 * @internal
 */
export class Sentinels {
  readonly #service: SentinelService;
  readonly #sentinels: readonly Sentinel[];
  readonly #closed = new AbortController();

  constructor(service: SentinelService, timeout: number) {
    this.#service = service;
    this.#sentinels = service.endpoints.map((endpoint) => new Sentinel(endpoint, service.make, timeout));
  }

  /** @throws {Error} saying what each sentinel answered */
  async findPrimary(signal: AbortSignal): Promise<NamedPrimary> {
    const { newest, failures } = await this.#askAll(signal);
    if (newest) return newest;
    const message = `no sentinel names the primary of '${this.#service.name}': ${failures.map((failure) => failure.message).join('; ')}`;
    const isRefused = failures.some((failure) => failure instanceof BridgeRefusal && failure.remedy === 'report');
    throw isRefused ? new BridgeRefusal('report', message) : new Error(message);
  }

  /** Calls back, once, when the sentinels name another primary than `current`. */
  watch(current: NamedPrimary, replaced: (by: string) => void): void {
    void this.#watch(current, replaced);
  }

  close(): void {
    this.#closed.abort();
    for (const sentinel of this.#sentinels) sentinel.close();
  }

  async #watch(current: NamedPrimary, replaced: (by: string) => void): Promise<void> {
    const { signal } = this.#closed;
    for (;;) {
      await delay(BETWEEN_LOOKS, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      const { newest } = await this.#askAll(signal);
      if (signal.aborted) return;
      if (!newest || newest.configEpoch <= current.configEpoch) continue;
      if (describeEndpoint(newest.endpoint) === describeEndpoint(current.endpoint)) continue;
      replaced(describeEndpoint(newest.endpoint));
      return;
    }
  }

  async #askAll(signal: AbortSignal): Promise<{ newest: NamedPrimary | undefined; failures: readonly Error[] }> {
    const answers: NamedPrimary[] = [];
    const asked = this.#sentinels.map((sentinel) =>
      sentinel.primaryOf(this.#service.name, signal).then((answer) => answers.push(answer)),
    );
    try {
      await Promise.any(asked);
    } catch (error) {
      const failures = error instanceof AggregateError ? error.errors : [];
      return { newest: undefined, failures: failures.filter((each) => each instanceof Error) };
    }
    // One that is out of reach, on the machine that has failed, say, holds up nobody for long.
    await Promise.race([Promise.allSettled(asked), delay(GRACE, undefined, { ref: false })]);
    const [newest] = answers.toSorted((a, b) => b.configEpoch - a.configEpoch);
    return {
      newest: newest && { ...newest, endpoint: throughNat(newest.endpoint, this.#service.natMap) },
      failures: [],
    };
  }
}

/** One sentinel, over a connection that is kept from question to question and dialled anew after a failure. */
class Sentinel {
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
