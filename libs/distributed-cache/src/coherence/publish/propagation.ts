import type { Clock } from '../../common/clock.js';
import { RecentTimes, type TimeSummary } from '../../common/recent-times.js';

/** How many messages are waited for, at most. */
const MOST = 1_000;

/**
 * Measures how long this instance's own messages take: from the moment at which one is sent until it is heard, both by the clock of this
 * instance. Other instances hear a message at about the same time.
 *
 * @internal
 */
export class Propagation {
  readonly #clock: Clock;
  readonly #times = new RecentTimes();
  /** When messages were sent that were not heard yet, by the id of their log entry. */
  readonly #sent = new Map<string, number>();
  /** When messages were heard to which the log has not answered yet. */
  readonly #heard = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of the last minute. */
  get summary(): TimeSummary {
    return this.#times.summary(this.#clock.now());
  }

  /** The log has a message that was sent at `sentAt`. */
  logged(id: string, sentAt: number): void {
    const heardAt = this.#heard.get(id);
    if (heardAt === undefined) return note(this.#sent, id, sentAt);
    this.#heard.delete(id);
    this.#times.add(heardAt - sentAt, heardAt);
  }

  /** A message of this instance was heard. */
  heard(id: string): void {
    const now = this.#clock.now();
    const sentAt = this.#sent.get(id);
    if (sentAt === undefined) return note(this.#heard, id, now);
    this.#sent.delete(id);
    this.#times.add(now - sentAt, now);
  }
}

/** The oldest gives way: a message that is heard twice has no second answer. */
function note(times: Map<string, number>, id: string, time: number): void {
  const [oldest] = times.size < MOST ? [] : times.keys();
  if (oldest !== undefined) times.delete(oldest);
  times.set(id, time);
}
