import type { Readable } from 'node:stream';

/** How much is delivered in one turn of the event loop, in UTF-16 units: about as many messages as keep it busy for a millisecond. */
const MOST_AT_ONCE = 16 * 1024;

interface Received {
  readonly channel: string;
  readonly text: string;
}

/**
 * Lets the event loop turn while a connection receives a burst. Node.js reads up to 2 MiB of one socket in a turn, in pieces of 64 KiB, and
 * all of it would be parsed and applied before anything else runs (docs/coherence.md). So the connection is paused, and the messages of the
 * piece that was read already are delivered in later turns.
 *
 * That is safe: it looks like a slow network. Messages keep their order, and none counts as received before it is applied.
 *
 * @internal
 */
export class PacedReading {
  readonly #connection: { readonly stream: Pick<Readable, 'pause' | 'resume'> };
  readonly #deliver: (channel: string, text: string) => void;
  #waiting: Received[] = [];
  /** How much was delivered since the last pause. */
  #length = 0;
  #isPaused = false;

  /** @param deliver - applies a message, or whatever it is for */
  constructor(
    connection: { readonly stream: Pick<Readable, 'pause' | 'resume'> },
    deliver: (channel: string, text: string) => void,
  ) {
    this.#connection = connection;
    this.#deliver = deliver;
  }

  /** The connection has read a message. */
  received(channel: string, text: string): void {
    if (this.#isPaused) this.#waiting.push({ channel, text });
    else this.#deliverNow(channel, text);
  }

  #deliverNow(channel: string, text: string): void {
    this.#deliver(channel, text);
    this.#length += text.length;
    if (this.#length >= MOST_AT_ONCE) this.#pause();
  }

  #pause(): void {
    this.#length = 0;
    if (!this.#isPaused) this.#connection.stream.pause();
    this.#isPaused = true;
    setImmediate(() => this.#goOn());
  }

  #goOn(): void {
    const waiting = this.#waiting;
    let next = 0;
    let length = 0;
    for (; next < waiting.length && length < MOST_AT_ONCE; next += 1) {
      const message = waiting[next];
      if (!message) break;
      length += message.text.length;
      this.#deliver(message.channel, message.text);
    }
    // A few hundred messages at most: what one piece of 64 KiB holds.
    this.#waiting = waiting.slice(next);
    if (length > 0) return this.#pause();
    this.#isPaused = false;
    this.#connection.stream.resume();
  }
}
