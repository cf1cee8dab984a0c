import type { CancelTimer, Clock } from '../../common/clock.js';
import type { Outbox } from './outbox.js';

/** How long the log may take nothing before it counts as out of reach, in ms. */
const LONGEST_PAUSE = 250;
/** So many times the limit may wait while the log takes something, but less than is added. */
const MOST_TIMES = 100;

/**
 * Decides how much may wait in the outbox. Any number of evictions may be asked for in one tick, and no answer can come within it: as long
 * as the log takes what is sent, each of them is delivered as it was asked for. When the log takes nothing, or has far less room than the
 * application needs, the outbox is bounded, so that it cannot fill the memory.
 *
 * @internal
 */
export class Backlog {
  readonly #outbox: Outbox;
  readonly #most: number;
  readonly #clock: Clock;
  #hasLink = false;
  /** Whether the log has answered since the last check. */
  #hasMoved = false;
  #lastSize = Infinity;
  #cancelCheck: CancelTimer | undefined;

  /** @param limit - of the outbox */
  constructor(outbox: Outbox, limit: number, clock: Clock) {
    this.#outbox = outbox;
    this.#most = limit * MOST_TIMES;
    this.#clock = clock;
  }

  /** The log can be reached from now on. */
  linkOpened(): void {
    this.#hasLink = true;
    this.#outbox.lift();
  }

  /** The log cannot be reached. */
  linkLost(): void {
    this.#hasLink = false;
    this.#stopChecking();
    this.#outbox.bound();
  }

  /** Something was added. */
  added(): void {
    if (this.#cancelCheck || !this.#outbox.exceedsLimit) return;
    this.#hasMoved = true;
    this.#lastSize = Infinity;
    this.#checkLater();
  }

  /** The log has answered a message. */
  moved(): void {
    this.#hasMoved = true;
    if (this.#hasLink) this.#outbox.lift();
  }

  #checkLater(): void {
    // After one more turn: while the event loop was blocked, the answers waited in the socket.
    const check = (): void => this.#clock.nextTurn(() => this.#check());
    this.#cancelCheck = this.#clock.schedule(check, LONGEST_PAUSE);
  }

  #check(): void {
    if (!this.#cancelCheck) return;
    this.#cancelCheck = undefined;
    if (!this.#outbox.exceedsLimit) return;
    const { size } = this.#outbox;
    const isTooMuch = size > this.#most && size >= this.#lastSize;
    if (!this.#hasMoved || isTooMuch) {
      this.#outbox.bound();
      return;
    }
    this.#hasMoved = false;
    this.#lastSize = size;
    this.#checkLater();
  }

  #stopChecking(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
  }
}
