import { setTimeout as delay } from 'node:timers/promises';
import type { NatMap } from 'ioredis';
import { withTimeout } from '../../common/timeout.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { describeEndpoint, throughNat, type TcpEndpoint } from '../endpoint.js';
import { agreementOf, type NamedPrimary } from './topology/agreement.js';
import type { HostAddresses } from './topology/host-addresses.js';
import { Inquiry } from './topology/inquiry.js';
import { Sentinel, type MakeSentinel } from './topology/sentinel.js';

/** How long the other sentinels may take after the first answer, in ms, unless most of them agree before. */
const GRACE = 1_000;

/** How long a request may be held up by sentinels, in ms. */
const HOLD_UP = 250;

/** How often the sentinels are asked while a link is open, in ms. */
const WATCH_INTERVAL = 1_000;

/** The sentinels that watch one primary. @internal */
export interface SentinelService {
  /** The name by which the sentinels know the primary. */
  readonly name: string;
  readonly endpoints: readonly TcpEndpoint[];
  readonly natMap: NatMap | undefined;
  readonly make: MakeSentinel;
  /** Whether the credentials are those of sentinels, and not those of the server for want of others. */
  readonly hasOwnCredentials: boolean;
}

/**
 * Finds the primary, and notices while a link is open that the sentinels name another one. A primary that was cut off from the sentinels
 * and replaced still answers those who can reach it.
 *
 * What most sentinels name is the primary (`agreementOf`). If most of *all* sentinels name one server, then no instance has found another
 * one before: it would have needed most of them too, so one sentinel would have answered both, the newer server first.
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
  /** Those that have let a question wait. Nobody waits for them until they answer again. */
  readonly #silent = new Set<Sentinel>();
  readonly #closed = new AbortController();

  /**
   * @param timeout - how long one sentinel may take to answer, in ms
   * @param addresses - knows where the names of sentinels lead
   */
  constructor(service: SentinelService, timeout: number, addresses: HostAddresses) {
    this.#service = service;
    const { endpoints, make, hasOwnCredentials } = service;
    this.#sentinels = endpoints.map(
      (endpoint) => new Sentinel(endpoint, { make, timeout, addresses, areOwn: hasOwnCredentials }),
    );
  }

  /**
   * @throws {BridgeRefusal} with the answer of each sentinel, when one of the answers asks for a change of settings
   * @throws {Error} with the answer of each sentinel, when none names the primary
   */
  async findPrimary(signal: AbortSignal): Promise<TcpEndpoint> {
    const inquiry = this.#inquire(signal);
    const primary = await this.#primaryIn(inquiry);
    if (primary) return primary;
    const { failures } = inquiry;
    const message = `no sentinel names the primary of '${this.#service.name}': ${failures.map((failure) => failure.message).join('; ')}`;
    const isRefused = failures.some((failure) => failure instanceof BridgeRefusal && failure.remedy === 'report');
    throw isRefused ? new BridgeRefusal('report', message) : new Error(message);
  }

  /** Calls `replaced` once, when the sentinels name another primary than `current`. */
  watch(current: TcpEndpoint, replaced: (by: string) => void): void {
    void this.#watch(current, replaced);
  }

  /**
   * Asks the sentinels now, and resolves with the address of the primary that they name instead of `current`. Resolves with `undefined`
   * when they still name `current`, and when none of them answers soon.
   */
  async replacementOf(current: TcpEndpoint): Promise<string | undefined> {
    const inquiry = this.#inquire(this.#closed.signal);
    return otherThan(current, await this.#decisionOf(inquiry, HOLD_UP));
  }

  close(): void {
    this.#closed.abort();
    for (const sentinel of this.#sentinels) sentinel.close();
  }

  async #watch(current: TcpEndpoint, replaced: (by: string) => void): Promise<void> {
    const { signal } = this.#closed;
    for (;;) {
      await delay(WATCH_INTERVAL, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      const other = otherThan(current, await this.#primaryIn(this.#inquire(signal)));
      if (signal.aborted) return;
      if (other === undefined) continue;
      replaced(other);
      return;
    }
  }

  /** Waits for the first answer, however long it takes, and a little longer for the others. */
  async #primaryIn(inquiry: Inquiry): Promise<TcpEndpoint | undefined> {
    await inquiry.begun;
    // Not for all of them: a sentinel on the machine that has failed cannot be reached, and would hold up the failover.
    return this.#decisionOf(inquiry, GRACE);
  }

  async #decisionOf({ decided, open, answers }: Inquiry, ms: number): Promise<TcpEndpoint | undefined> {
    await withTimeout(decided, {
      ms,
      onTimeout: () => {
        for (const sentinel of open) this.#silent.add(sentinel);
      },
    });
    return agreementOf(answers)?.endpoint;
  }

  #inquire(signal: AbortSignal): Inquiry {
    return new Inquiry(this.#sentinels, (sentinel) => this.#ask(sentinel, signal), this.#silent);
  }

  async #ask(sentinel: Sentinel, signal: AbortSignal): Promise<NamedPrimary> {
    const { endpoint, configEpoch } = await sentinel.primaryOf(this.#service.name, signal);
    this.#silent.delete(sentinel);
    return { endpoint: throughNat(endpoint, this.#service.natMap), configEpoch };
  }
}

function otherThan(current: TcpEndpoint, named: TcpEndpoint | undefined): string | undefined {
  const address = named && describeEndpoint(named);
  return address === describeEndpoint(current) ? undefined : address;
}
