import type { Invalidation, InvalidationTarget } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { MadeValue, Origin, Part } from './made-value.js';
import { Moments, type EntryName, type Moment } from './moments.js';

/** The evictions that an application called together, in one tick: they count as one moment. */
export interface Call {
  /** The sequence number of the first of them. */
  first: number;
  /** The sequence number of the last of them. */
  last: number;
}

interface Evicted extends Moment {
  readonly call: Call;
}

/** What one instance was asked to evict, and when. */
export class Evictions {
  readonly #moments = new Moments<Evicted>();
  /** The last one of each target. */
  readonly #last = new Map<string, { readonly target: InvalidationTarget; readonly sequence: number }>();

  /** @param call - with what else it was called; it grows by this eviction */
  add(
    invalidation: Invalidation,
    moment: Moment,
    call: Call = { first: moment.sequence, last: moment.sequence },
  ): void {
    call.last = moment.sequence;
    this.#moments.add(invalidation, { ...moment, call });
    for (const target of targetsIn(invalidation)) {
      this.#last.set(JSON.stringify(target), { target, sequence: moment.sequence });
    }
  }

  /** An eviction that covers `value` and had returned before the read began. */
  overtaking({ origin }: MadeValue, asked: Moment): Moment | undefined {
    for (const moment of this.#moments.covering(origin, origin.since)) {
      if (moment.sequence <= asked.sequence) return moment;
    }
    return undefined;
  }

  /**
   * Whether an eviction until `until` obliges everybody to drop `part` of `value`, which was replaced at `replaced`.
   *
   * An eviction that was called before `replaced` does not count, even if it is sent later: it may have waited in an outbox, and its sender
   * does not apply it again. Nor does an eviction of a list alone, if the list was made later of a copy that is still held: `coversPart`
   * says whether the eviction covers that copy too. It does if the copy was evicted earlier, or by the same call: what one call evicts
   * takes effect as one.
   */
  concern(
    { origin }: MadeValue,
    part: Part,
    replaced: Moment,
    until = Number.POSITIVE_INFINITY,
    coversPart = true,
  ): boolean {
    for (const { sequence, call } of this.#moments.covering(origin, replaced.sequence)) {
      if (sequence > until || sequence === origin.ownEviction) continue;
      if (part.from === origin || sequence >= origin.since) return true;
      if (coversPart && !part.isUntraced && this.#cover(part.from, replaced.sequence, call.last)) return true;
    }
    return false;
  }

  /** Whether `target`, or something wider, was evicted since `since`. */
  hasEvicted(target: InvalidationTarget, since: Moment): boolean {
    return this.#moments.cover(entryOf(target), since.sequence);
  }

  /** The first call since `replaced` that evicted both `value` and the copy of which it was made. */
  callOfBoth({ origin }: MadeValue, part: Part, replaced: Moment): Call | undefined {
    let first: Call | undefined;
    for (const { sequence, call } of this.#moments.covering(origin, replaced.sequence)) {
      if (sequence === origin.ownEviction || (first && first.first <= call.first)) continue;
      if (this.#cover(part.from, call.first, call.last)) first = call;
    }
    return first;
  }

  /** The last of each target, with an entry that only this target and wider ones cover. */
  *last(): Generator<{ readonly target: InvalidationTarget; readonly sequence: number; readonly entry: EntryName }> {
    for (const { target, sequence } of this.#last.values()) yield { target, sequence, entry: entryOf(target) };
  }

  /** Whether `origin`, which was there, was evicted in between, other than by the eviction that is a part of its own put. */
  #cover(origin: Origin, from: number, until: number): boolean {
    for (const { sequence } of this.#moments.covering(origin, Math.max(from, origin.since))) {
      if (sequence <= until && sequence !== origin.ownEviction) return true;
    }
    return false;
  }
}

function targetsIn({ everything, regions, tags, keys }: Invalidation): InvalidationTarget[] {
  const targets: InvalidationTarget[] = [];
  if (everything) targets.push({ kind: 'everything' });
  for (const region of regions) targets.push({ kind: 'region', region });
  for (const tag of tags) targets.push({ kind: 'tag', tag });
  for (const [region, its] of keys) for (const key of its) targets.push({ kind: 'key', region, key });
  return targets;
}

/** An entry that only `target` and wider targets cover. */
function entryOf(target: InvalidationTarget): EntryName {
  const none = '\u0000';
  return {
    region: target.kind === 'key' || target.kind === 'region' ? target.region : none,
    key: target.kind === 'key' ? target.key : none,
    tags: target.kind === 'tag' ? [target.tag] : [],
  };
}
