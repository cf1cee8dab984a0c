import { InvalidationNotDeliveredError } from '../../errors.js';
import type { CancelTimer, Clock } from '../../common/clock.js';

/** What `evict()` does when the invalidation is not in the log: resolve, since the outbox has it, or reject. @publicApi */
export type OnUndelivered = 'queue' | 'throw';

/** @internal */
export interface DeliverySettings {
  readonly onUndelivered: OnUndelivered;
  readonly publishTimeout: number;
}

/** What the callers of one tick wait for: that all they asked for is in the log, or known to have to wait. @internal */
export class Delivery {
  readonly settled: Promise<void>;
  readonly #settings: DeliverySettings;
  readonly #cancelTimeout: CancelTimer;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};
  #messages = 0;
  #isClosed = false;
  #isSettled = false;

  constructor(settings: DeliverySettings, clock: Clock) {
    this.#settings = settings;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#cancelTimeout = clock.schedule(
      () => this.postpone(`it took longer than publishTimeout (${settings.publishTimeout} ms)`),
      settings.publishTimeout,
    );
  }

  /** Its callers have been told: nobody may be promised anything by it any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  messageSent(): void {
    this.#messages += 1;
  }

  messageAccepted(): void {
    this.#messages -= 1;
    this.#settleWhenDelivered();
  }

  /** The message goes back in the outbox, and what is left of this delivery, which is not closed yet, is sent with it. */
  messageReturned(): void {
    this.#messages -= 1;
  }

  /** One of its messages was returned and travels with `other`, for which it stands from now on. */
  follow(other: Delivery): void {
    other.settled.then(
      () => this.messageAccepted(),
      () => this.postpone('the log did not accept it in time'),
    );
  }

  /** Nothing more of this delivery is left to send. */
  close(): void {
    this.#isClosed = true;
    this.#settleWhenDelivered();
  }

  /** It stays in the outbox; its callers wait no longer. */
  postpone(reason: string): void {
    this.#isSettled = true;
    this.#cancelTimeout();
    if (this.#settings.onUndelivered === 'queue') this.#resolve();
    else this.#reject(notDelivered(reason));
  }

  #settleWhenDelivered(): void {
    if (!this.#isClosed || this.#messages > 0) return;
    this.#isSettled = true;
    this.#cancelTimeout();
    this.#resolve();
  }
}

/** What a caller gets who asks while Redis is known to be away. @internal */
export function postponed(onUndelivered: OnUndelivered): Promise<void> {
  return onUndelivered === 'queue' ? Promise.resolve() : Promise.reject(notDelivered('Redis cannot be reached'));
}

function notDelivered(reason: string): InvalidationNotDeliveredError {
  return new InvalidationNotDeliveredError(
    `The delivery of the invalidation is not confirmed: ${reason}. It was applied on this instance; what is not in the log waits in the ` +
      `outbox and will be delivered when Redis accepts it. Until then the other instances may serve the old value for at most their ` +
      `maxStaleness. Use onUndelivered: 'queue' to not be told.`,
  );
}
