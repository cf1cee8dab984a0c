import type { Clock } from '../common/clock.js';
import type { CacheLogger } from '../common/logger.js';
import { OnceAMinute } from '../common/once-a-minute.js';
import type { Member } from '../protocol/member.js';
import { bridgeNameOf, type BridgeRefusal, type InvalidationBridge } from '../protocol/invalidation-bridge.js';

/**
 * What operators read about coherence. A change of state is logged once; a condition that lasts is logged once a minute.
 *
 * @internal
 */
export class OperatorMessages {
  readonly #namespace: string;
  readonly #logger: CacheLogger;
  readonly #onceAMinute: OnceAMinute;
  #bridge: InvalidationBridge | undefined;

  constructor(namespace: string, logger: CacheLogger, clock: Clock) {
    this.#namespace = namespace;
    this.#logger = logger;
    this.#onceAMinute = new OnceAMinute(clock);
  }

  /** The bridge that the messages are about from now on. */
  set bridge(bridge: InvalidationBridge) {
    this.#bridge = bridge;
  }

  /** The name of the other side inside a sentence. */
  get bridgeName(): string {
    return bridgeNameOf(this.#bridge);
  }

  connected(): void {
    this.#logger.log('Connected: the local copies are coherent', this.#where());
  }

  disconnected(cause: Error, maxStaleness: number): void {
    this.#logger.warn(
      `Disconnected: dialling again until ${this.bridgeName} answers; until then copies are served for at most maxStaleness`,
      { ...this.#where(), maxStaleness, cause: cause.message },
    );
  }

  refused(refusal: BridgeRefusal): void {
    const name = this.bridgeName.charAt(0).toUpperCase() + this.bridgeName.slice(1);
    this.#onceAMinute.run(`refused:${refusal.remedy}`, () => {
      const details = { ...this.#where(), cause: refusal.message };
      if (refusal.remedy === 'report')
        this.#logger.error(`${name} refuses what the cache needs; invalidations wait until it is allowed`, details);
      else this.#logger.warn(`${name} cannot take invalidations at the moment; they wait`, details);
    });
  }

  malformed(reason: string): void {
    this.#onceAMinute.run('malformed', () =>
      this.#logger.warn('Ignored a message that is not an invalidation', { ...this.#where(), reason }),
    );
  }

  suspended(milliseconds: number): void {
    this.#logger.warn('The machine was suspended: local copies are distrusted until the next sync', {
      ...this.#where(),
      milliseconds,
    });
  }

  /** An instance of the namespace has other settings than this one. */
  differs(own: Member, other: Member): void {
    this.#logger.warn(
      `Another instance of this namespace has other settings: if ${this.bridgeName} loses the list of members, an eviction everywhere waits ` +
        'by the longest maxStaleness of all, and by reload if one is in reload',
      { ...this.#where(), own: settingsOf(own), other: settingsOf(other) },
    );
  }

  /** The process manager may kill the process before the drain is over: this line is then all that tells what was lost. */
  draining(waiting: number, drainTimeout: number): void {
    this.#logger.log('Shutting down: delivering the invalidations that wait, for at most drainTimeout', {
      ...this.#where(),
      waiting,
      drainTimeout,
    });
  }

  undelivered(count: number): void {
    this.#logger.error(
      'Shut down with invalidations that were not delivered: other instances may serve what they cover until it expires',
      { namespace: this.#namespace, undelivered: count },
    );
  }

  #where(): object {
    return { namespace: this.#namespace, target: this.#bridge?.target };
  }
}

function settingsOf({ instanceId, maxStaleness, whenDisconnected, exceptions }: Member): Member {
  return { instanceId, maxStaleness, whenDisconnected, exceptions };
}
