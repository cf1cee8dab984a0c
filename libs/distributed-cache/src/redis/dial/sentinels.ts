import { setTimeout as delay } from 'node:timers/promises';
import type { NatMap, Redis } from 'ioredis';
import { withTimeout } from '../../common/timeout.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { describeEndpoint, tcpEndpoint, throughNat, type TcpEndpoint } from '../endpoint.js';
import { dialStep } from './dial-step.js';
import { toLinkError } from './redis-errors.js';
import { disconnect, listenToEveryError } from './sockets.js';

/** How long the other sentinels may take to contradict the first answer, in ms. */
const GRACE = 250;

/** How often the sentinels are asked while a link is open, in ms. */
const WATCH_INTERVAL = 1_000;

/** The sentinels that watch one primary. @internal */
export interface SentinelService {
  /** The name by which the sentinels know the primary. */
  readonly name: string;
  readonly endpoints: readonly TcpEndpoint[];
  readonly natMap: NatMap | undefined;
  /** Makes a connection to a sentinel that is not dialled yet. */
  make(this: void, endpoint: TcpEndpoint): Redis;
}

/** The primary, as a sentinel names it. @internal */
export interface NamedPrimary {
  readonly endpoint: TcpEndpoint;
  /** Grows with every failover: of two answers, the one with the greater epoch is newer. */
  readonly configEpoch: number;
}

/**
 * Finds the primary, and notices while a link is open that the sentinels name another one. A primary that was cut off from the sentinels
 * and replaced still answers those who can reach it.
 *
 * This does not use the sentinel support of ioredis. That asks anew for each connection, and so could open the connections of one link to
 * different servers. Its `failoverDetector` prints to the console when a sentinel cannot be reached, and stays open when its connection is
 * closed while being opened.
 *
 * @internal
 */
export class Sentinels {
  readonly #service: SentinelService;
  readonly #sentinels: readonly Sentinel[];
  readonly #closed = new AbortController();

  /** @param timeout - how long one sentinel may take to answer, in ms */
  constructor(service: SentinelService, timeout: number) {
    this.#service = service;
    this.#sentinels = service.endpoints.map((endpoint) => new Sentinel(endpoint, service.make, timeout));
  }

  /**
   * @throws {BridgeRefusal} with the answer of each sentinel, when one of the answers asks for a change of settings
   * @throws {Error} with the answer of each sentinel, when none names the primary
   */
  async findPrimary(signal: AbortSignal): Promise<NamedPrimary> {
    const { newest, failures } = await this.#askAll(signal);
    if (newest) return newest;
    const message = `no sentinel names the primary of '${this.#service.name}': ${failures.map((failure) => failure.message).join('; ')}`;
    const isRefused = failures.some((failure) => failure instanceof BridgeRefusal && failure.remedy === 'report');
    throw isRefused ? new BridgeRefusal('report', message) : new Error(message);
  }

  /** Calls `replaced` once, when the sentinels name another primary than `current`. */
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
      await delay(WATCH_INTERVAL, undefined, { signal, ref: false }).catch(() => {});
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
    const questions = this.#sentinels.map((sentinel) =>
      sentinel.primaryOf(this.#service.name, signal).then((answer) => answers.push(answer)),
    );
    try {
      await Promise.any(questions);
    } catch (error) {
      const failures = error instanceof AggregateError ? error.errors : [];
      return { newest: undefined, failures: failures.filter((each) => each instanceof Error) };
    }
    // Not for all of them: a sentinel on the machine that has failed cannot be reached, and would hold up the failover.
    await withTimeout<unknown>(Promise.allSettled(questions), { ms: GRACE, onTimeout: () => undefined });
    const [newest] = answers.toSorted((a, b) => b.configEpoch - a.configEpoch);
    return {
      newest: newest && { ...newest, endpoint: throughNat(newest.endpoint, this.#service.natMap) },
      failures: [],
    };
  }
}

/** One sentinel. Its connection is kept from question to question, and dialled anew after a failure. */
class Sentinel {
  readonly #endpoint: TcpEndpoint;
  readonly #make: (endpoint: TcpEndpoint) => Redis;
  readonly #timeout: number;
  #redis: Redis | undefined;
  #asking: Promise<NamedPrimary> | undefined;

  constructor(endpoint: TcpEndpoint, make: (endpoint: TcpEndpoint) => Redis, timeout: number) {
    this.#endpoint = endpoint;
    this.#make = make;
    this.#timeout = timeout;
  }

  /** Rejects, within the timeout, when the sentinel does not name the primary. */
  primaryOf(service: string, signal: AbortSignal): Promise<NamedPrimary> {
    // A sentinel that answers more slowly than it is asked gets one question at a time.
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
      return await dialStep(this.#ask(redis, service), this.#timeout, signal);
    } catch (error) {
      if (this.#redis === redis) this.close();
      const failure = toLinkError(error);
      failure.message = `sentinel ${describeEndpoint(this.#endpoint)}: ${failure.message}`;
      throw failure;
    }
  }

  #open(): Redis {
    const redis = this.#make(this.#endpoint);
    // The question that fails reports the error.
    redis.on('error', () => {});
    listenToEveryError(redis);
    return redis;
  }

  async #ask(redis: Redis, service: string): Promise<NamedPrimary> {
    if (redis.status === 'wait') await connected(redis);
    // The epoch from the first command and the address from the second: while the sentinel that leads a failover completes it, the first one
    // describes the old primary under the new epoch. In this order, the epoch can only be too old for the address.
    const [description, address] = await Promise.all([
      redis.call('SENTINEL', 'MASTER', service),
      redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', service),
    ]);
    if (!Array.isArray(description) || !Array.isArray(address)) throw new Error(`it knows no primary '${service}'`);
    const [host, port] = address.map(String);
    const fields = description.map(String);
    return {
      endpoint: tcpEndpoint(host ?? '', Number(port)),
      configEpoch: Number(fields[fields.indexOf('config-epoch') + 1]),
    };
  }
}

/** Rejects with the cause, which ioredis gives in an event only, when it closes the connection because of it. */
async function connected(redis: Redis): Promise<void> {
  let failure: Error | undefined;
  redis.once('error', (error) => (failure = error));
  await redis.connect().catch((error: unknown) => Promise.reject(failure ?? error));
  if (failure) throw failure;
}
