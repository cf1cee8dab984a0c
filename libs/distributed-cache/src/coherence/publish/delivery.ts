import { InvalidationNotDeliveredError } from '../../errors.js';
import type { CancelTimer, Clock } from '../../common/clock.js';
import { detachedDeferred } from '../../common/detached.js';
import { EVICTED_LATER, type Evicted } from './evicted.js';

/**
 * How the promise of an eviction settles when the log does not have it in time: `'queue'` resolves it, `'throw'` rejects it.
 *
 * @publicApi
 */
export type OnUndelivered = 'queue' | 'throw';

/** @internal */
export interface DeliverySettings {
  readonly onUndelivered: OnUndelivered;
  readonly publishTimeout: number;
}

/**
 * Lets the callers of one tick wait, over one promise, until the log has everything they evicted, or until that is known to take longer.
 *
 * A message is *sent*, then *logged*, then *accepted*: with `minReplicas` the last comes only once enough replicas have it.
 *
 * @internal
 */
export class Delivery {
  readonly #settings: DeliverySettings;
  readonly #clock: Clock;
  readonly #bridgeName: () => string;
  readonly #startedAt: number;
  readonly #cancelTimeout: CancelTimer;
  /** Its messages may keep it for longer than its callers wait. */
  readonly #callers = detachedDeferred<Evicted>();
  #unlogged = 0;
  #unaccepted = 0;
  #isClosed = false;
  #isSettled = false;

  constructor(settings: DeliverySettings, clock: Clock, bridgeName: () => string) {
    this.#settings = settings;
    this.#clock = clock;
    this.#bridgeName = bridgeName;
    this.#startedAt = clock.now();
    this.#cancelTimeout = clock.schedule(
      () => this.postpone(`it took longer than publishTimeout (${settings.publishTimeout} ms)`),
      settings.publishTimeout,
      { keepsAlive: true },
    );
  }

  get settled(): Promise<Evicted> {
    return this.#callers.promise;
  }

  /** Whether the promise is settled: nobody may join it any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** A message with evictions of its callers is being sent. */
  messageSent(): void {
    this.#unlogged += 1;
    this.#unaccepted += 1;
  }

  /** The log has one of the messages. */
  messageLogged(): void {
    this.#unlogged -= 1;
  }

  /** Nothing more is waited for on behalf of one message that is logged. */
  messageAccepted(): void {
    this.#unaccepted -= 1;
    this.#settleWhenDelivered();
  }

  /** The log has one message that too few replicas have in time. */
  messageNotReplicated(reason: string): void {
    if (this.#settings.onUndelivered === 'queue') this.messageAccepted();
    else this.postpone(`the log has it, but ${reason}`);
  }

  /** One message is in the outbox again. The rest of this delivery, which is not closed yet, is sent together with it. */
  messageReturned(): void {
    this.#unlogged -= 1;
    this.#unaccepted -= 1;
  }

  /** One message is in the outbox again and is sent with `other`: the outcome of `other` is the outcome of that message. */
  follow(other: Delivery): void {
    other.settled.then(
      ({ delivered }) => {
        if (!delivered) return this.#resolveNow();
        this.messageLogged();
        this.messageAccepted();
      },
      () => this.postpone('the log did not accept it in time'),
    );
  }

  /** Everything of this delivery was sent. */
  close(): void {
    this.#isClosed = true;
    this.#settleWhenDelivered();
  }

  /** Ends the wait of the callers. What the log does not have stays in the outbox. */
  postpone(reason: string): void {
    if (this.#settings.onUndelivered === 'queue') this.#resolveNow();
    else this.#settle(() => this.#callers.reject(notDelivered(reason, this.#bridgeName())));
  }

  #settleWhenDelivered(): void {
    if (this.#isClosed && this.#unaccepted === 0) this.#resolveNow();
  }

  #resolveNow(): void {
    const delivered = this.#isClosed && this.#unlogged === 0;
    this.#settle(() => this.#callers.resolve({ delivered, instances: 0, waited: this.#clock.now() - this.#startedAt }));
  }

  #settle(conclude: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancelTimeout();
    conclude();
  }
}

/** The promise of an eviction that is asked for while the log is known to be out of reach. @internal */
export function postponed(onUndelivered: OnUndelivered, bridgeName: string): Promise<Evicted> {
  return onUndelivered === 'queue'
    ? Promise.resolve(EVICTED_LATER)
    : Promise.reject(notDelivered(`${bridgeName} cannot be reached`, bridgeName));
}

function notDelivered(reason: string, bridgeName: string): InvalidationNotDeliveredError {
  return new InvalidationNotDeliveredError(
    `The delivery of the invalidation is not confirmed: ${reason}. It was applied on this instance; what is not in the log waits in the ` +
      `outbox and will be delivered when ${bridgeName} accepts it. Until then the other instances may serve the old value, as long as the ` +
      `TTL of their copy lasts: maxStaleness begins only when the log has it. With onUndelivered: 'queue' this is no error.`,
  );
}
