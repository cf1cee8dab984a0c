import type { Moment } from './moments.js';

/** For so long they are of interest, in ms. */
const KEPT_FOR = 60_000;

/** When the background loads of each key of one instance succeeded. */
export class BackgroundLoads {
  readonly #ended = new Map<string, number[]>();

  add(id: string, { time }: Moment): void {
    const ended = (this.#ended.get(id) ?? []).filter((before) => before > time - KEPT_FOR);
    this.#ended.set(id, [...ended, time]);
  }

  /** When the last one of a key ended that had ended at `until`. */
  lastUntil(id: string, until: number): number | undefined {
    return this.#ended.get(id)?.findLast((time) => time <= until);
  }
}
