import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { systemClock, type Clock } from '../../../common/clock.js';
import type { Endpoint } from '../../endpoint.js';
import { canonicalAddress, type HostAddresses } from './host-addresses.js';

/** How many answers in a row must lack the address of the connection before the server that they name is asked. */
const PATIENCE = 3;

/** The most that patience grows to. */
const MOST_PATIENCE = 24;

/** How long no answer may lack the address, in ms, until patience is forgotten: what moves once a month does not flap. */
const CALM = 3_600_000;

/** A connection that was made by name. @internal */
export interface NamedConnection {
  readonly host: string;
  /** Which addresses of the host it could have taken: 4, 6, or 0 for both. */
  readonly family: number;
  /** The address that it was made to. */
  readonly address: string;
}

/** The server that a new connection by the name leads to. @internal */
export interface ServerFound {
  readonly address: string | undefined;
  /** Whether it is the server that the watched connection leads to. */
  readonly isSame: boolean;
}

/** @internal */
export interface NameWatchOptions {
  /** The least time between two questions, in ms. */
  readonly interval: number;
  /** How many answers must lack the address. Default: three. */
  readonly patience?: number | undefined;
  /** Connects by the name and compares the servers. Rejects when that proves nothing. */
  find(this: void, signal: AbortSignal): Promise<ServerFound>;
  /** Called once: the name leads to another server, at this address. */
  moved(this: void, to: string): void;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * Notices that a host name leads to another server than the connection that was made by it. The old server may answer for ever, and
 * whoever stays there is coherent with nobody.
 *
 * An answer without the address of the connection proves nothing: many names have several addresses, and some answers hold one or a few of
 * them in turn. The server behind another address may be the same one (a balancer), a replica, or another node of the cluster. So, when
 * several answers in a row lack the address, a connection is made by the name, and only another server at its end is a proof. Until then
 * the watched connection stays, and an answer that fails changes nothing.
 *
 * What proves nothing is not asked again soon: patience doubles each time, until the name has been calm for an hour.
 *
 * @internal
 */
export class NameWatch {
  readonly #connection: NamedConnection;
  readonly #addresses: HostAddresses;
  readonly #options: NameWatchOptions;
  readonly #clock: Clock;
  /** The addresses that lead to the server of the connection. */
  readonly #known: Set<string>;
  readonly #closed = new AbortController();
  #patience: number;
  /** How many answers in a row held none of the known addresses. */
  #lacking = 0;
  /** When the first of the answers came that have held a known address ever since. */
  #calmSince: number | undefined;
  #isLooking = false;
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(connection: NamedConnection, addresses: HostAddresses, options: NameWatchOptions) {
    this.#connection = connection;
    this.#addresses = addresses;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#patience = options.patience ?? PATIENCE;
    this.#known = new Set([canonicalAddress(connection.address)]);
  }

  /** Looks whether the name still leads to the server, unless it did so lately. Nobody waits for it. */
  look(): void {
    const now = this.#clock.now();
    if (this.#isLooking || this.#closed.signal.aborted || now < this.#nextAt) return;
    this.#nextAt = now + this.#options.interval;
    this.#isLooking = true;
    void this.#look().finally(() => (this.#isLooking = false));
  }

  /** How many answers in a row must lack the address at present. */
  get patience(): number {
    return this.#patience;
  }

  close(): void {
    this.#closed.abort();
  }

  async #look(): Promise<void> {
    const { host, family } = this.#connection;
    const answer = await this.#addresses.of(host, family);
    if (answer.size === 0) return;
    const isKnown = [...answer].some((address) => this.#known.has(address));
    this.#lacking = isKnown ? 0 : this.#lacking + 1;
    this.#calmSince = isKnown ? (this.#calmSince ?? this.#clock.now()) : undefined;
    if (this.#calmSince !== undefined && this.#clock.now() - this.#calmSince >= CALM) this.#patience = PATIENCE;
    if (this.#lacking < this.#patience || this.#closed.signal.aborted) return;

    this.#lacking = 0;
    const found = await this.#find();
    if (this.#closed.signal.aborted) return;
    if (found && !found.isSame) {
      this.close();
      this.#options.moved(found.address ?? [...answer].join(', '));
    } else if (found?.address !== undefined && !this.#known.has(found.address)) {
      // A further way to the same server.
      this.#known.add(found.address);
    } else {
      this.#patience = morePatience(this.#patience);
    }
  }

  async #find(): Promise<ServerFound | undefined> {
    try {
      const { address, isSame } = await this.#options.find(this.#closed.signal);
      if (address === undefined) return { address, isSame };
      const canonical = canonicalAddress(address);
      // By the name, to where the connection is: the name has not moved, or not for everybody.
      return { address: canonical, isSame: isSame || this.#known.has(canonical) };
    } catch {
      // Nobody there can be reached, it is a replica, it refuses the password: no server to move to.
      return undefined;
    }
  }
}

/** How many answers are needed after what the last ones led to was wrong, or has to be proven better. @internal */
export function morePatience(patience = PATIENCE): number {
  return Math.min(patience * 2, MOST_PATIENCE);
}

/** How a connection was made by name; `undefined`: it was not, or something of the application's decides where it leads. @internal */
export function namedConnection(
  endpoint: Endpoint,
  { options }: Redis,
  address: string | undefined,
): NamedConnection | undefined {
  const isName = 'host' in endpoint && isIP(endpoint.host) === 0;
  if (!isName || address === undefined || options.Connector) return undefined;
  return { host: endpoint.host, family: options.family ?? 0, address };
}
