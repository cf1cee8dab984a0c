import type { Invalidation } from '../../libs/distributed-cache/src/protocol/invalidation.js';

/** When something happened: its place in the history, which tells apart what happens within one millisecond, and its time in ms. */
export interface Moment {
  readonly sequence: number;
  readonly time: number;
}

/** The entry that a read, a load or a put is about. */
export interface Subject {
  readonly region: string;
  readonly key: string;
}

/** What a cached value is found and invalidated by. */
export interface EntryName extends Subject {
  readonly tags: readonly string[];
}

/**
 * When invalidations happened (were applied, were asked for, entered the log), by what they name: which of them cover an entry is then
 * a matter of a few look-ups, however many there were.
 */
export class Moments<M extends Moment = Moment> {
  readonly #byName = new Map<string, M[]>();

  add({ everything, regions, tags, keys }: Invalidation, moment: M): void {
    if (everything) this.#add('e', moment);
    for (const region of regions) this.#add(`r${region}`, moment);
    for (const tag of tags) this.#add(`t${tag}`, moment);
    for (const [region, its] of keys) for (const key of its) this.#add(keyId(region, key), moment);
  }

  /** Those that cover `entry` and are not before `sequence`, newest first. */
  *covering(entry: EntryName, sequence: number): Generator<M> {
    yield* this.#from('e', sequence);
    yield* this.#from(`r${entry.region}`, sequence);
    yield* this.#from(keyId(entry.region, entry.key), sequence);
    for (const tag of entry.tags) yield* this.#from(`t${tag}`, sequence);
  }

  *#from(id: string, sequence: number): Generator<M> {
    const moments = this.#byName.get(id);
    if (!moments) return;
    for (let index = moments.length - 1; index >= 0; index -= 1) {
      const moment = moments[index];
      if (!moment || moment.sequence < sequence) return;
      yield moment;
    }
  }

  #add(id: string, moment: M): void {
    const known = this.#byName.get(id);
    if (!known) {
      this.#byName.set(id, [moment]);
      return;
    }
    // Almost always the newest; answers of two instances may arrive in another order than what they answer was sent.
    let index = known.length;
    while (index > 0 && (known[index - 1]?.sequence ?? 0) > moment.sequence) index -= 1;
    known.splice(index, 0, moment);
  }
}

function keyId(region: string, key: string): string {
  return `k${region.length}:${region}${key}`;
}
