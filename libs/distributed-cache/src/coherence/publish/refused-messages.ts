import { BackOff } from '../../common/back-off.js';
import type { CancelTimer, Clock } from '../../common/clock.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { Outbox } from './outbox.js';

/**
 * The messages that the server has refused for now, until they are tried again with back-off.
 *
 * They are not in the outbox, which goes on being sent meanwhile: a server that is out of memory refuses the log entry but still sends the
 * message through the channel. So new invalidations must not wait behind refused ones, and only the repetition of those is paced.
 *
 * @internal
 */
export class RefusedMessages<M extends { readonly targets: readonly InvalidationTarget[] }> {
  readonly #clock: Clock;
  readonly #retry: () => void;
  readonly #backOff = new BackOff();
  readonly #targets: Outbox;
  #messages: M[] = [];
  #cancelRetry: CancelTimer | undefined;

  /**
   * @param limit - of the targets; above it they are widened
   * @param retry - called when it is time to send them again; drains
   */
  constructor(limit: number, clock: Clock, retry: () => void) {
    this.#targets = new Outbox(limit);
    this.#clock = clock;
    this.#retry = retry;
  }

  /** The number of targets. */
  get size(): number {
    return this.#targets.size;
  }

  get messages(): readonly M[] {
    return this.#messages;
  }

  add(message: M): void {
    for (const target of message.targets) this.#targets.add(target);
    this.#messages.push(message);
    this.#cancelRetry ??= this.#clock.schedule(this.#retry, this.#backOff.next());
  }

  /** Removes and returns all of it: the targets, each once and no more than the limit, and the messages whose callers wait. */
  drain(): { readonly targets: readonly InvalidationTarget[]; readonly messages: readonly M[] } {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const drained = { targets: this.#targets.targets(), messages: this.#messages };
    this.#targets.clear();
    this.#messages = [];
    return drained;
  }

  /** The server accepts messages: the next refusal is tried again soon. */
  accepted(): void {
    this.#backOff.reset();
  }
}
