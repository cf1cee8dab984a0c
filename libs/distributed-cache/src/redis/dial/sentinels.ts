import { setTimeout as delay } from 'node:timers/promises';
import type { NatMap, Redis } from 'ioredis';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { describeEndpoint, throughNat, type TcpEndpoint } from '../endpoint.js';
import { Sentinel, type NamedPrimary } from './sentinel.js';

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
