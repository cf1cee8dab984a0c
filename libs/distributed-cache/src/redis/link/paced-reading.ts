import type { Readable } from 'node:stream';

/** In UTF-16 units: some hundred messages, and a few milliseconds of work. */
const MOST_AT_ONCE = 64 * 1024;

/**
 * Lets the event loop turn while a connection brings very much: Node reads up to 2 MiB of one socket in a turn, and all of it is parsed
 * and applied at once. 100 000 keys held an instance up for 60 ms.
 *
 * Not to read on is what a slow network does as well: what is heard keeps its order, and nothing counts as heard before it is applied.
 *
 * @internal
 */
export class PacedReading {
  readonly #connection: { readonly stream: Pick<Readable, 'pause' | 'resume'> };
  #length = 0;

  constructor(connection: { readonly stream: Pick<Readable, 'pause' | 'resume'> }) {
    this.#connection = connection;
  }

  /** To be called for every message, once it is applied. */
  read(length: number): void {
    this.#length += length;
    if (this.#length < MOST_AT_ONCE) return;
    this.#length = 0;
    const { stream } = this.#connection;
    stream.pause();
    setImmediate(() => stream.resume());
  }
}
