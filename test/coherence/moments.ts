import type { Invalidation } from '../../libs/distributed-cache/src/protocol/invalidation.js';

/** When something happened: its sequence number in the history, which also orders what happens within one millisecond, and its time in ms. */
export interface Moment {
  readonly sequence: number;
  readonly time: number;
}

/** The entry that a read, a load or a put is about. */
export interface Subject {
  readonly region: string;
  readonly key: string;
}

/** An entry, with all that an invalidation can cover it by. */
export interface EntryName extends Subject {
  readonly tags: readonly string[];
}

/**
 * When invalidations happened (were applied, called, or entered the log), indexed by their targets: a few look-ups find those that cover an
 * entry, however many there were.
 */
export class Moments<M extends Moment = Moment> {
  readonly #byTarget = new Map<string, M[]>();

  get isEmpty(): boolean {
    return this.#byTarget.size === 0;
  }

  add({ everything, regions, tags, keys }: Invalidation, moment: M): void {
    if (everything) this.#add('e', moment);
    for (const region of regions) this.#add(`r${region}`, moment);
    for (const tag of tags) this.#add(`t${tag}`, moment);
    for (const [region, its] of keys) for (const key of its) this.#add(keyId(region, key), moment);
  }

  /** Whether one of them covers `entry` and is not before `sequence`. */
  cover(entry: EntryName, sequence = 0): boolean {
    return this.covering(entry, sequence).next().done !== true;
  }

  /** Those that cover `entry` and are not before `sequence`; for each target, the newest first. */
  *covering(entry: EntryName, sequence: number): Generator<M> {
    yield* this.#from('e', sequence);
    yield* this.#from(`r${entry.region}`, sequence);
    yield* this.#from(keyId(entry.region, entry.key), sequence);
    for (const tag of entry.tags) yield* this.#from(`t${tag}`, sequence);
  }

  *#from(id: string, sequence: number): Generator<M> {
    const moments = this.#byTarget.get(id);
    if (!moments) return;
    for (let index = moments.length - 1; index >= 0; index -= 1) {
      const moment = moments[index];
      if (!moment || moment.sequence < sequence) return;
      yield moment;
    }
  }

  #add(id: string, moment: M): void {
    const known = this.#byTarget.get(id);
    if (!known) {
      this.#byTarget.set(id, [moment]);
      return;
    }
    // It is almost always the newest. The answers to two instances may arrive in another order than their requests were sent.
    let index = known.length;
    while (index > 0 && (known[index - 1]?.sequence ?? 0) > moment.sequence) index -= 1;
    known.splice(index, 0, moment);
  }
}

/** A name of an entry, as a key of a map. */
export function idOf(region: string, key: string): string {
  return `${region.length}:${region}${key}`;
}

function keyId(region: string, key: string): string {
  return `k${region.length}:${region}${key}`;
}
