import type { Invalidation, InvalidationTarget } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { MadeValue, Origin, Part } from './made-value.js';
import { Moments, type EntryName, type Moment } from './moments.js';

/** What one instance was asked to evict, and when. */
export class Evictions {
  readonly #moments = new Moments();
  /** The last one of each name. */
  readonly #last = new Map<string, { readonly name: InvalidationTarget; readonly sequence: number }>();

  add(invalidation: Invalidation, moment: Moment): void {
    this.#moments.add(invalidation, moment);
    for (const name of namesIn(invalidation)) {
      this.#last.set(JSON.stringify(name), { name, sequence: moment.sequence });
    }
  }

  /** One that `value` did not survive, and that was over when the read was asked for. */
  overtaking({ origin }: MadeValue, asked: Moment): Moment | undefined {
    for (const moment of this.#moments.covering(origin, origin.since)) {
      if (moment.sequence <= asked.sequence) return moment;
    }
    return undefined;
  }

  /**
   * Whether there is one, until `until`, that the promises about `part` of `value`, replaced at `replaced`, rest on.
   *
   * One that was only sent since is not enough: it may have waited in an outbox since before, and its sender does not apply it again. Nor
   * is one of a list alone that was over when the list was made of a copy that is still there: `coversPart` tells that it named that too.
   */
  concern(
    { origin }: MadeValue,
    part: Part,
    replaced: Moment,
    until = Number.POSITIVE_INFINITY,
    coversPart = true,
  ): boolean {
    for (const { sequence } of this.#moments.covering(origin, replaced.sequence)) {
      if (sequence > until || sequence === origin.ownEviction) continue;
      if (part.from === origin || sequence >= origin.since) return true;
      if (coversPart && this.#cover(part.from, replaced.sequence, sequence)) return true;
    }
    return false;
  }

  /** The last of each name, with an entry that is covered by it, by what is wider than it, and by nothing else. */
  *last(): Generator<{ readonly name: InvalidationTarget; readonly sequence: number; readonly entry: EntryName }> {
    for (const { name, sequence } of this.#last.values()) yield { name, sequence, entry: entryThatOnly(name) };
  }

  /** Whether `origin` was evicted in between, otherwise than to make room for it. */
  #cover(origin: Origin, from: number, until: number): boolean {
    for (const { sequence } of this.#moments.covering(origin, from)) {
      if (sequence <= until && sequence !== origin.ownEviction) return true;
    }
    return false;
  }
}

function namesIn({ everything, regions, tags, keys }: Invalidation): InvalidationTarget[] {
  const names: InvalidationTarget[] = [];
  if (everything) names.push({ kind: 'everything' });
  for (const region of regions) names.push({ kind: 'region', region });
  for (const tag of tags) names.push({ kind: 'tag', tag });
  for (const [region, its] of keys) for (const key of its) names.push({ kind: 'key', region, key });
  return names;
}

/** An entry that is covered by `name`, by what is wider than it, and by nothing else. */
function entryThatOnly(name: InvalidationTarget): EntryName {
  const nobody = '\u0000';
  return {
    region: name.kind === 'key' || name.kind === 'region' ? name.region : nobody,
    key: name.kind === 'key' ? name.key : nobody,
    tags: name.kind === 'tag' ? [name.tag] : [],
  };
}
