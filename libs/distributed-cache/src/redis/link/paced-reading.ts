import type { Readable } from 'node:stream';
import { systemClock, type Clock } from '../../common/clock.js';

/** How much is delivered in one turn of the event loop, in UTF-16 units. */
const MOST_AT_ONCE = 16 * 1024;
/** For how long a turn may deliver, in ms, but for the message that is delivered by then: its size does not tell how long a message takes. */
const LONGEST = 1;

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
  readonly #clock: Pick<Clock, 'now'>;
  #waiting: Received[] = [];
  /** How much was delivered since the last pause, and how long that took, in ms. */
  #length = 0;
  #duration = 0;
  #isPaused = false;

  /** @param deliver - applies a message, or whatever it is for */
  constructor(
    connection: { readonly stream: Pick<Readable, 'pause' | 'resume'> },
    deliver: (channel: string, text: string) => void,
    clock: Pick<Clock, 'now'> = systemClock,
  ) {
    this.#clock = clock;
    this.#connection = connection;
    this.#deliver = deliver;
  }

  /** The connection has read a message. */
  received(channel: string, text: string): void {
    if (this.#isPaused) this.#waiting.push({ channel, text });
    else this.#deliverNow(channel, text);
  }

  #deliverNow(channel: string, text: string): void {
    const startedAt = this.#clock.now();
    this.#deliver(channel, text);
    this.#length += text.length;
    this.#duration += this.#clock.now() - startedAt;
    if (this.#length >= MOST_AT_ONCE || this.#duration >= LONGEST) this.#pause();
  }

  #pause(): void {
    this.#length = 0;
    this.#duration = 0;
    if (!this.#isPaused) this.#connection.stream.pause();
    this.#isPaused = true;
    setImmediate(() => this.#goOn());
  }

  #goOn(): void {
    const waiting = this.#waiting;
    const startedAt = this.#clock.now();
    let next = 0;
    let length = 0;
    for (const { channel, text } of waiting) {
      this.#deliver(channel, text);
      next += 1;
      length += text.length;
      if (length >= MOST_AT_ONCE || this.#clock.now() - startedAt >= LONGEST) break;
    }
    // A few hundred messages at most: what one piece of 64 KiB holds.
    this.#waiting = waiting.slice(next);
    if (next > 0) return this.#pause();
    this.#isPaused = false;
    this.#connection.stream.resume();
  }
}
