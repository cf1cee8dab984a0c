import type { Clock } from './clock.js';

const MINUTE = 60_000;
/** How many subjects have their turn in a minute: the name of a region may come from users' input. */
const MOST = 1_000;

/**
 * Runs an action at most once a minute for each subject, so that a flood of bad messages does not become a flood of log lines.
 *
 * @internal
 */
export class OnceAMinute {
  readonly #clock: Clock;
  readonly #last = new Map<string, number>();
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param subject - one of a few, such as the name of a region; above 1,000 in a minute, the others have no turn */
  run(subject: string, action: () => void): void {
    const now = this.#clock.now();
    const last = this.#last.get(subject);
    if (last !== undefined && now - last < MINUTE) return;
    if (this.#last.size >= MOST && now - this.#forgotAt >= MINUTE) this.#forget(now);
    if (this.#last.size >= MOST) return;
    this.#last.set(subject, now);
    action();
  }

  #forget(now: number): void {
    this.#forgotAt = now;
    for (const [subject, last] of this.#last) if (now - last >= MINUTE) this.#last.delete(subject);
  }
}
