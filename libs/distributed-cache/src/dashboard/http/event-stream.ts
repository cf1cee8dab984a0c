import type { ServerResponse } from 'node:http';
import type { CancelTimer, Clock } from '../../common/clock.js';

/** For so long, in ms, a viewer may leave unread what was sent. */
const PATIENCE = 30_000;
/** After so long, in ms, a browser connects again. */
const RETRY = 2_000;

/** `no-transform` and `X-Accel-Buffering` keep compression and proxies from holding events back. */
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
};

/**
 * Server-sent events to one viewer. What a viewer does not read is not kept: while its socket is full, nothing is written to it.
 *
 * @internal
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #cancel: CancelTimer | undefined;

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    // Otherwise the connection would stay open for the next request, and the shutdown of the server would wait for it. HTTP/2 has no such header.
    if (response.req.httpVersionMajor < 2) response.setHeader('connection', 'close');
    response.writeHead(200);
    response.on('drain', () => this.#drained());
    response.on('close', () => this.#drained());
    response.on('error', () => this.close());
    response.write(`retry: ${RETRY}\n\n`);
  }

  /** Whether the viewer has not read yet what was sent. */
  get isFull(): boolean {
    return this.#cancel !== undefined;
  }

  /** @param data - one line */
  send(event: string, data: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#response.write(`event: ${event}\ndata: ${data}\n\n`)) return;
    this.#cancel ??= this.#clock.schedule(() => this.#response.destroy(), PATIENCE);
  }

  /** Calls `closed` when the viewer has gone, or the stream was ended. */
  onClose(closed: () => void): void {
    // The viewer may have gone while a guard was asked.
    if (this.#response.destroyed) closed();
    else this.#response.once('close', closed);
  }

  /** Ends the stream at once: a viewer that does not read would hold up the shutdown. */
  close(): void {
    if (this.isFull) this.#response.destroy();
    else this.#response.end();
  }

  #drained(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
