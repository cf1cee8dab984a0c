import dns from 'node:dns';
import { isIP, SocketAddress, type LookupFunction } from 'node:net';
import { systemClock, type Clock } from '../../../common/clock.js';
import { detached, detachedPromise } from '../../../common/detached.js';
import { withTimeout } from '../../../common/timeout.js';

/** An answer that takes longer than this, in ms, is not counted: the name may lead elsewhere by then. */
const ANSWER_TIMEOUT = 5_000;

/** A question that nobody has answered for this long, in ms, holds up the others no more. */
const LOST_AFTER = 60_000;

/**
 * Asks for the addresses of host names, one question at a time. A lookup of the system cannot be called off, and holds one of the few
 * threads of the process that also read files, until the name servers have answered or were waited for.
 *
 * @internal
 */
export class HostAddresses {
  readonly #lookup: LookupFunction;
  readonly #clock: Clock;
  #previous = detachedPromise(undefined);

  /** @param lookup - asks as the connections do. Default: the system, whom a connection asks as well */
  constructor(lookup: LookupFunction = askSystem, clock: Clock = systemClock) {
    this.#lookup = lookup;
    this.#clock = clock;
  }

  /**
   * The addresses that a connection to `host` would try now, in the form of {@link canonicalAddress}. Never rejects: it is empty when nobody
   * knows.
   *
   * @param family - 4 or 6, or 0 for both
   */
  of(host: string, family: number): Promise<ReadonlySet<string>> {
    const answer = this.#previous.then(() => detached(() => addressesFrom(this.#lookup, host, family)));
    const deadline = (ms: number): Promise<readonly string[]> =>
      withTimeout(
        answer.catch(() => []),
        { ms, onTimeout: () => [], clock: this.#clock },
      );
    const inTime = this.#previous.then(() => deadline(ANSWER_TIMEOUT));
    this.#previous = this.#previous.then(() => deadline(LOST_AFTER));
    return inTime.then((addresses) => new Set(addresses.map(canonicalAddress)));
  }
}

/** An address in the form in which it compares: an IPv4 address that is mapped into IPv6 is that IPv4 address. @internal */
export function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const { address: canonical } = new SocketAddress({ address, family: 'ipv6' });
  return canonical.replace(/^::ffff:(?=\d+\.)/, '');
}

/**
 * Through the object that the module exports, which a connection does as well: some applications put a cache of their own there, and both
 * have to get the same answer.
 */
const askSystem: LookupFunction = (host, options, callback) => dns.lookup(host, options, callback);

function addressesFrom(lookup: LookupFunction, host: string, family: number): Promise<string[]> {
  return new Promise((resolve, reject) =>
    lookup(host, { all: true, family }, (error, found) => {
      if (error) reject(error);
      else resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address));
    }),
  );
}
