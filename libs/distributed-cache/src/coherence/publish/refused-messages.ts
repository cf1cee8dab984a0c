import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { Outbox } from './outbox.js';

/**
 * What the server has refused for now, until it is tried again. Apart from the outbox, which goes on being sent meanwhile: out of
 * memory, the server still tells the peers what is new, and only the repetition of what they have been told has to be paced.
 *
 * @internal
 */
export class RefusedMessages<M extends { readonly targets: readonly InvalidationTarget[] }> {
  readonly #targets: Outbox;
  #messages: M[] = [];

  constructor(limit: number) {
    this.#targets = new Outbox(limit);
  }

  /** How many targets. */
  get size(): number {
    return this.#targets.size;
  }

  add(message: M): void {
    for (const target of message.targets) this.#targets.add(target);
    this.#messages.push(message);
  }

  /** All of it: the targets, bounded and each once, and the messages whose callers wait. */
  drain(): { readonly targets: readonly InvalidationTarget[]; readonly messages: readonly M[] } {
    const taken = { targets: this.#targets.targets(), messages: this.#messages };
    this.#targets.clear();
    this.#messages = [];
    return taken;
  }
}
