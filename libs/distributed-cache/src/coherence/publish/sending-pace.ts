import type { Clock } from '../../common/clock.js';

/** How many messages leave in one turn of the event loop while more wait: to write them takes time, in which nothing else runs. */
const MOST_IN_A_TURN = 16;

/** Spreads a large number of messages over turns of the event loop. @internal */
export class SendingPace {
  readonly #clock: Clock;
  readonly #goOn: () => void;
  #sent = 0;
  #isTurnAwaited = false;

  /** @param goOn - called in a later turn when more may be sent */
  constructor(clock: Clock, goOn: () => void) {
    this.#clock = clock;
    this.#goOn = goOn;
  }

  /** Whether one more message may be sent in this turn; if not, `goOn` will be called. */
  get hasTime(): boolean {
    return this.#sent < MOST_IN_A_TURN;
  }

  /** A message was sent, and more are waiting. */
  sent(): void {
    this.#sent += 1;
    if (this.#isTurnAwaited) return;
    this.#isTurnAwaited = true;
    this.#clock.nextTurn(() => {
      this.#isTurnAwaited = false;
      this.#sent = 0;
      this.#goOn();
    });
  }
}
