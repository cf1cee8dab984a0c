import type { Socket } from 'node:net';

/** How bytes travel one way through a proxy. */
export interface Passage {
  /** `'swallowed'`: they are taken and never arrive; `'held'`: they arrive once the passage is another. */
  readonly fate: 'delivered' | 'swallowed' | 'held';
  /** How long each byte is on its way, in ms. */
  readonly latency: number;
  readonly bytesPerSecond: number;
}

export const OPEN: Passage = { fate: 'delivered', latency: 0, bytesPerSecond: Infinity };

/** As much as a slow link takes in advance; the sender's own buffers hold the rest, as they do with a real one. */
const MOST_ON_THE_WAY = 64 * 1024;

interface OnTheWay {
  readonly bytes: Buffer;
  dueAt: number;
}

/** One direction of one proxied connection: takes bytes from a socket and gives them to another, late where it must, in order always. */
export class ProxyStream {
  /** Bytes that were taken and will never arrive. */
  swallowed = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  #onTheWay: OnTheWay[] = [];
  #passage = OPEN;
  #length = 0;
  /** When the last byte that was taken has passed the narrowest place. */
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.once('close', () => this.#end());
    to.on('drain', () => this.#takeMore());
  }

  /** From now on. Once bytes may have been swallowed, nothing that follows them makes sense to anybody: it stays so. */
  become(passage: Passage): void {
    if (this.#passage.fate === 'swallowed') return;
    this.#passage = passage;
    if (passage.fate === 'held') return;
    const now = performance.now();
    for (const each of this.#onTheWay) each.dueAt = Math.min(each.dueAt, now + passage.latency);
    this.#deliver();
  }

  /** What is on its way is lost. */
  destroy(): void {
    clearTimeout(this.#timer);
    this.#onTheWay = [];
    this.#length = 0;
  }

  #take(bytes: Buffer): void {
    const { fate, latency, bytesPerSecond } = this.#passage;
    if (fate === 'swallowed') {
      this.swallowed += bytes.length;
      return;
    }
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + (bytes.length / bytesPerSecond) * 1_000;
    const previous = this.#onTheWay.at(-1)?.dueAt ?? now;
    const dueAt = fate === 'held' ? Infinity : Math.max(previous, this.#freeAt + latency);
    this.#onTheWay.push({ bytes, dueAt });
    this.#length += bytes.length;
    this.#deliver();
  }

  /** Nothing more comes: what is on its way still arrives, and then the other side ends as well. */
  #end(): void {
    this.#isEnding = true;
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    for (let next = this.#onTheWay[0]; next !== undefined; next = this.#onTheWay[0]) {
      const wait = next.dueAt - performance.now();
      if (wait > 0) {
        if (wait < Infinity) this.#timer = setTimeout(() => this.#deliver(), Math.ceil(wait));
        break;
      }
      this.#onTheWay.shift();
      this.#length -= next.bytes.length;
      this.#to.write(next.bytes);
    }
    this.#takeMore();
    // Behind a dead router nobody is told that the other side has gone.
    if (this.#isEnding && this.#onTheWay.length === 0 && this.#passage.fate === 'delivered') this.#to.destroySoon();
  }

  #takeMore(): void {
    if (this.#length > MOST_ON_THE_WAY || this.#to.writableNeedDrain) this.#from.pause();
    else this.#from.resume();
  }
}
