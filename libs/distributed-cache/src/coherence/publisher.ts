import { BackOff } from './back-off.js';
import type { BridgeStats } from './bridge-stats.js';
import type { CancelTimer, Clock } from './clock.js';
import { Delivery, postponed, type DeliverySettings } from './delivery.js';
import { BridgeRefusal, type InvalidationLink } from './invalidation-bridge.js';
import { encodeInvalidation } from './invalidation-message.js';
import type { InvalidationName } from './invalidation.js';
import { Outbox } from './outbox.js';

/** How many messages may be on their way at once; what is beyond waits in the outbox, where it is bounded and coalesced. */
const WINDOW = 1_000;

/** @internal */
export interface PublisherSettings extends DeliverySettings {
  readonly instanceId: string;
  readonly outboxLimit: number;
}

/** @internal */
export interface PublisherEvents {
  /** This link gives no answer, or says that it is the wrong server. */
  gaveUp(cause: Error): void;
  /** The server refused; `remedy` is `'retry'` or `'report'`. */
  refused(refusal: BridgeRefusal): void;
}

interface Message {
  readonly names: readonly InvalidationName[];
  readonly delivery: Delivery | undefined;
}

/**
 * Gets this instance's invalidations into the log: gathers those of one tick, sends them pipelined, keeps what was not accepted.
 *
 * Nothing is merged into a message already sent: a peer may have applied it, loaded again before our second commit, and would keep that.
 *
 * @internal
 */
export class Publisher {
  readonly #settings: PublisherSettings;
  readonly #clock: Clock;
  readonly #stats: BridgeStats;
  readonly #events: PublisherEvents;
  readonly #outbox: Outbox;
  readonly #backOff = new BackOff();
  /** In the order in which they were sent. */
  readonly #onTheirWay = new Set<Message>();
  #link: InvalidationLink | undefined;
  #delivery: Delivery | undefined;
  #isFlushScheduled = false;
  #cancelRetry: CancelTimer | undefined;
  #drained: (() => void) | undefined;

  constructor(settings: PublisherSettings, clock: Clock, stats: BridgeStats, events: PublisherEvents) {
    this.#settings = settings;
    this.#clock = clock;
    this.#stats = stats;
    this.#events = events;
    this.#outbox = new Outbox(settings.outboxLimit);
  }

  /** How many names are not in the log yet. */
  get waiting(): number {
    let names = this.#outbox.size;
    for (const message of this.#onTheirWay) names += message.names.length;
    return names;
  }

  publish(names: Iterable<InvalidationName>): Promise<void> {
    for (const name of names) this.#outbox.add(name);
    if (!this.#link) return postponed(this.#settings.onUndelivered);

    const delivery = (this.#delivery ??= new Delivery(this.#settings, this.#clock));
    if (this.#outbox.fillsMessage) this.#flush();
    else this.#scheduleFlush();
    return delivery.settled;
  }

  /** The link's first sync is complete. Not earlier: under a write load it would otherwise never get its turn. */
  resume(link: InvalidationLink): void {
    this.#link = link;
    this.#backOff.reset();
    this.#flush();
  }

  /** The link is gone: what was on its way may or may not be in the log, and is sent again. */
  suspend(): void {
    this.#link = undefined;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const unanswered = [...this.#onTheirWay];
    this.#onTheirWay.clear();
    this.#outbox.putBack(unanswered.flatMap((message) => message.names));
    for (const message of unanswered) message.delivery?.postpone('the connection to Redis was lost');
    this.#delivery?.postpone('the connection to Redis was lost');
    this.#delivery = undefined;
  }

  /** Resolves when all is in the log, or after `timeout` ms, with the number of names that are not. */
  async drain(timeout: number): Promise<number> {
    this.#flush();
    if (this.waiting > 0 && timeout > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.schedule(resolve, timeout);
        this.#drained = () => {
          cancel();
          resolve();
        };
      });
    }
    return this.waiting;
  }

  /** Nothing will be sent any more, and nobody has to hear it: there are no other instances, or this one has left. */
  discard(): void {
    this.#outbox.clear();
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const link = this.#link;
    if (!link || this.#cancelRetry) return;
    while (this.#outbox.size > 0 && this.#onTheirWay.size < WINDOW) this.#send(link);
    if (this.#outbox.size > 0) return;
    const delivery = this.#delivery;
    this.#delivery = undefined;
    delivery?.close();
  }

  #send(link: InvalidationLink): void {
    const message: Message = { names: this.#outbox.take(), delivery: this.#delivery };
    message.delivery?.messageSent();
    this.#onTheirWay.add(message);
    const payload = encodeInvalidation(this.#settings.instanceId, message.names);
    link.publish(payload).then(
      () => this.#accepted(message),
      (error: Error) => this.#failed(message, error),
    );
  }

  #accepted(message: Message): void {
    // Gone from the set when its link was given up meanwhile; it then counts as not sent.
    if (!this.#onTheirWay.delete(message)) return;
    this.#stats.published += 1;
    this.#backOff.reset();
    message.delivery?.messageAccepted();
    if (this.#outbox.size > 0) this.#flush();
    if (this.waiting === 0) this.#drained?.();
  }

  #failed(message: Message, error: Error): void {
    if (!this.#onTheirWay.has(message)) return;
    if (!(error instanceof BridgeRefusal) || error.remedy === 'redial') {
      this.#events.gaveUp(error);
      return;
    }
    this.#onTheirWay.delete(message);
    this.#outbox.putBack(message.names);
    this.#rejoin(message.delivery);
    this.#events.refused(error);
    this.#cancelRetry ??= this.#clock.schedule(() => {
      this.#cancelRetry = undefined;
      this.#flush();
    }, this.#backOff.next());
  }

  /** The callers of a refused message go on waiting, for the retry, until their `publishTimeout`. */
  #rejoin(delivery: Delivery | undefined): void {
    if (!delivery) return;
    delivery.messageReturned();
    if (!this.#delivery) this.#delivery = delivery;
    else if (this.#delivery !== delivery)
      this.#delivery.settled.then(
        () => delivery.close(),
        () => delivery.postpone('the log did not accept it in time'),
      );
  }
}
