import type { Clock } from './clock.js';

const MINUTE = 60_000;

/**
 * Runs an action at most once a minute for each subject, so that a flood of bad messages does not become a flood of log lines.
 *
 * @internal
 */
export class OnceAMinute {
  readonly #clock: Clock;
  readonly #last = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param subject - one of a fixed few; never text from outside, which would fill the memory */
  run(subject: string, action: () => void): void {
    const now = this.#clock.now();
    const last = this.#last.get(subject);
    if (last !== undefined && now - last < MINUTE) return;
    this.#last.set(subject, now);
    action();
  }
}
