import type { Clock } from './clock.js';

const MINUTE = 60_000;

/** Lets a complaint through once a minute per subject: a flood of bad messages must not become a flood of log lines. @internal */
export class OnceAMinute {
  readonly #clock: Clock;
  readonly #last = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param subject - one of a fixed few, never taken from outside */
  run(subject: string, complain: () => void): void {
    const now = this.#clock.now();
    const last = this.#last.get(subject);
    if (last !== undefined && now - last < MINUTE) return;
    this.#last.set(subject, now);
    complain();
  }
}
