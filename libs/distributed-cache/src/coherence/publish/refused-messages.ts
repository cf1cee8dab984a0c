import type { InvalidationName } from '../../protocol/invalidation.js';
import { Outbox } from './outbox.js';

/**
 * What the server has refused for now, until it is tried again. Apart from the outbox, which goes on being sent meanwhile: out of
 * memory, the server still tells the peers what is new, and only the repetition of what they have been told has to be paced.
 *
 * @internal
 */
export class RefusedMessages<M extends { readonly names: readonly InvalidationName[] }> {
  readonly #names: Outbox;
  #messages: M[] = [];

  constructor(limit: number) {
    this.#names = new Outbox(limit);
  }

  /** How many names. */
  get size(): number {
    return this.#names.size;
  }

  add(message: M): void {
    for (const name of message.names) this.#names.add(name);
    this.#messages.push(message);
  }

  /** All of it: the names, bounded and each once, and the messages whose callers wait. */
  takeAll(): { readonly names: readonly InvalidationName[]; readonly messages: readonly M[] } {
    const taken = { names: this.#names.names(), messages: this.#messages };
    this.#names.clear();
    this.#messages = [];
    return taken;
  }
}
