import type { Invalidation } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Origin } from './made-value.js';
import { Moments, type EntryName, type Moment } from './moments.js';

/** The invalidations that one instance has applied, its own and those of others. */
export class Applied {
  readonly #moments = new Moments();
  add(invalidation: Invalidation, moment: Moment): void {
    this.#moments.add(invalidation, moment);
  }

  /** An invalidation until `until` that has covered `origin` since it began, except `own`, the eviction that is a part of its put. */
  overtaking(
    origin: Origin,
    own?: number,
    since = origin.began.sequence,
    until = Number.POSITIVE_INFINITY,
  ): Moment | undefined {
    for (const moment of this.#moments.covering(origin, since)) {
      if (moment.sequence !== own && moment.sequence <= until) return moment;
    }
    return undefined;
  }

  hasCovered(entry: EntryName, since: Moment): boolean {
    return this.#moments.cover(entry, since.sequence);
  }
}
