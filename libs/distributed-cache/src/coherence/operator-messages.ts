import type { Clock } from '../common/clock.js';
import type { CacheLogger } from '../common/logger.js';
import { OnceAMinute } from '../common/once-a-minute.js';
import type { Member } from '../protocol/member.js';
import {
  bridgeNameOf,
  BridgeRefusal,
  type InvalidationBridge,
  type LinkNotice,
} from '../protocol/invalidation-bridge.js';
import type { RegularCut } from './follow/connection.js';
import type { FlushReason } from './follow/log-follower.js';
import type { Vanished } from './follow/link-session.js';

/** A bridge has a few sentences. Whoever makes them up anew each time must not fill the memory. */
const MOST_NOTICES = 100;

/**
 * What operators read about coherence. A change of state is logged once; a condition that lasts is logged once a minute.
 *
 * @internal
 */
export class OperatorMessages {
  readonly #namespace: string;
  readonly #logger: CacheLogger;
  readonly #onceAMinute: OnceAMinute;
  /** The sentences that are logged once. */
  readonly #noticed = new Set<string>();
  #bridge: InvalidationBridge | undefined;
  /** Whether operators have been told that the link is lost, and not yet that it is back. */
  #isLossTold = false;
  /** Whether the link is lost in a way that was told about once for all. */
  #isLossRegular = false;

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
    const isNews = this.#isLossTold || !this.#isLossRegular;
    this.#isLossTold = false;
    this.#isLossRegular = false;
    if (!isNews) return;
    this.#logger.log('Connected: the local copies are coherent', this.#where());
  }

  /**
   * The link is lost, or could not be dialled again. If links are cut `regularly`, each is no news: one line a minute says why instead of two
   * lines for each cut. As soon as a dial fails as well, something else is wrong too.
   */
  disconnected(cause: Error, maxStaleness: number, regularly: RegularCut | undefined): void {
    if (this.#isLossTold) return;
    if (regularly) {
      this.#isLossRegular = true;
      this.#onceAMinute.run('regular cuts', () => this.#cutRegularly(cause, regularly));
      return;
    }
    this.#isLossTold = true;
    // It has answered already, if it refuses.
    const agrees = cause instanceof BridgeRefusal ? 'accepts' : 'answers';
    this.#logger.warn(
      `Disconnected: dialling again until ${this.bridgeName} ${agrees}; until then copies are served for at most maxStaleness`,
      { ...this.#where(), maxStaleness, cause: cause.message },
    );
  }

  #cutRegularly(cause: Error, { after, heartbeat }: RegularCut): void {
    const details = {
      ...this.#where(),
      cutAfter: Math.round(after),
      heartbeat: Math.round(heartbeat),
      cause: cause.message,
    };
    const closer = `a proxy, a balancer or ${this.bridgeName} itself`;
    if (after > 2 * heartbeat) {
      this.#logger.warn(
        `Every link is cut after the same time, although something is sent with each heartbeat: ${closer} limits how long a connection may ` +
          'live; evictions wait while a link is dialled again, so let connections live longer there',
        details,
      );
      return;
    }
    const keepAlive = Math.floor(after / 2_000);
    const orLower = keepAlive > 0 ? `, or set keepAlive=${keepAlive} in the connection string` : '';
    this.#logger.warn(
      `Every link is cut after the same time, which looks like an idle timeout: ${closer} closes connections that are idle for about ` +
        `${Math.round(after)} ms; raise that timeout above ${Math.ceil((2 * heartbeat) / 1_000)} s${orLower}`,
      details,
    );
  }

  /** No sync has been complete for `maxStaleness`. What readers get from now on depends on `whenDisconnected`. */
  leaseEnded({ maxStaleness, whenDisconnected, exceptions }: Member): void {
    const effect =
      whenDisconnected === 'reload'
        ? 'an entry is served for at most maxStaleness after its load, so each key that is read is loaded again about once in that time, ' +
          'spread over it'
        : 'entries are not served, so every read loads';
    this.#logger.warn(`The lease has ended: no sync with ${this.bridgeName} was complete for maxStaleness; ${effect}`, {
      ...this.#where(),
      maxStaleness,
      whenDisconnected,
      exceptions,
    });
  }

  /** All entries were dropped. Where a server causes it again and again, that is told once a minute. */
  startsEmpty(reason: FlushReason): void {
    // That is told in a line of its own.
    if (reason === 'keys-vanished') return;
    this.#onceAMinute.run(`starts empty:${reason}`, () =>
      this.#logger.warn(`Starting empty: all entries were dropped, since ${this.#becauseOf(reason)}`, {
        ...this.#where(),
        reason,
      }),
    );
  }

  #becauseOf(reason: Exclude<FlushReason, 'keys-vanished'>): string {
    const server = this.bridgeName;
    switch (reason) {
      case 'first-sync':
        return `this instance has reached ${server} for the first time, and what was evicted before is not known`;
      case 'other-server':
        return `${server} was restarted, or another server has taken its place, and it may have lost evictions`;
      case 'unknown-server':
        return `${server} does not say which server it is, so that evictions may have been lost with each link`;
      case 'position-lost':
        return (
          'the log does not reach back to what this instance has applied: it was away for too long (invalidationLogLength says how far the ' +
          'log reaches), or the log was replaced'
        );
      case 'foreign-entry':
        return 'somebody has written to the log without its chain of hashes';
      case 'position-refused':
        return `${server} has refused the position of this instance in the log`;
    }
  }

  /** The server has lost keys although it has run all the time. */
  vanished(what: Vanished): void {
    this.#onceAMinute.run('vanished', () =>
      this.#logger.warn(
        `${this.#subject} has lost keys of this namespace without a restart, so the local copies were dropped: most likely its memory is full ` +
          'and its memory policy evicts them, else somebody has deleted them; choose a policy that spares keys without an expiry, or a server ' +
          'of its own',
        { ...this.#where(), vanished: what.join(', ') },
      ),
    );
  }

  refused(refusal: BridgeRefusal): void {
    this.#onceAMinute.run(`refused:${refusal.remedy}`, () => {
      const details = { ...this.#where(), cause: refusal.message };
      if (refusal.remedy === 'report')
        this.#logger.error(
          `${this.#subject} refuses what the cache needs; invalidations wait until it is allowed`,
          details,
        );
      else this.#logger.warn(`${this.#subject} cannot take invalidations at the moment; they wait`, details);
    });
  }

  /** Something about a link that works. */
  noticed({ severity, message, cause }: LinkNotice): void {
    const details = { ...this.#where(), ...(cause === undefined ? {} : { cause }) };
    if (severity === 'error') {
      this.#onceAMinute.run('noticed', () => this.#logger.error(message, details));
      return;
    }
    if (this.#noticed.has(message) || this.#noticed.size === MOST_NOTICES) return;
    this.#noticed.add(message);
    this.#logger.warn(message, details);
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

  /** {@link bridgeName} as the first word of a sentence. */
  get #subject(): string {
    return this.bridgeName.charAt(0).toUpperCase() + this.bridgeName.slice(1);
  }

  #where(): object {
    return { namespace: this.#namespace, target: this.#bridge?.target };
  }
}

function settingsOf({ instanceId, maxStaleness, whenDisconnected, exceptions }: Member): Member {
  return { instanceId, maxStaleness, whenDisconnected, exceptions };
}
