import type { Flight } from './flights.js';
import type { Moment } from './moments.js';

/** For so long they are of interest, in ms. */
const KEPT_FOR = 60_000;

/** A background load that has succeeded. */
interface Ended {
  /** ms */
  readonly time: number;
  /** Whether the cache cannot know how old its result is. */
  readonly hasUntraced: boolean;
}

/** When the background loads of each key of one instance succeeded. */
export class BackgroundLoads {
  readonly #ended = new Map<string, Ended[]>();

  add(id: string, { time }: Moment, { hasUntraced }: Pick<Flight, 'hasUntraced'>): void {
    const ended = (this.#ended.get(id) ?? []).filter((before) => before.time > time - KEPT_FOR);
    this.#ended.set(id, [...ended, { time, hasUntraced }]);
  }

  /** The last one of a key that had ended at `until`. */
  lastUntil(id: string, until: number): Ended | undefined {
    return this.#ended.get(id)?.findLast(({ time }) => time <= until);
  }
}
