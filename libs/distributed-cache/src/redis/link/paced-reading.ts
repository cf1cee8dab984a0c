import type { Readable } from 'node:stream';

/** How much is read in one turn of the event loop, in UTF-16 units: some hundred messages. */
const MOST_AT_ONCE = 64 * 1024;

/**
 * Lets the event loop turn while a connection receives a burst. Node.js reads up to 2 MiB of one socket in a turn, and all of it would be
 * parsed and applied before anything else runs (docs/coherence.md).
 *
 * To pause is safe: it looks like a slow network. Messages keep their order, and none counts as received before it is applied.
 *
 * @internal
 */
export class PacedReading {
  readonly #connection: { readonly stream: Pick<Readable, 'pause' | 'resume'> };
  #length = 0;

  constructor(connection: { readonly stream: Pick<Readable, 'pause' | 'resume'> }) {
    this.#connection = connection;
  }

  /** To be called for each message, after it was applied. */
  read(length: number): void {
    this.#length += length;
    if (this.#length < MOST_AT_ONCE) return;
    this.#length = 0;
    const { stream } = this.#connection;
    stream.pause();
    setImmediate(() => stream.resume());
  }
}
