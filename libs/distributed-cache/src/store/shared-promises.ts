import { detachedPromise } from '../common/detached.js';

/** How many promises there are at most; a power of two. */
const MOST = 4_096;

/**
 * The promises that hits hand out. The hits of one value share a promise: an existing one is awaited faster than a new one. There are few of
 * them, since each takes nearly as much memory as an entry. A value gets one by its second hit, and loses it to another that has the same place.
 *
 * @internal
 */
export class SharedPromises {
  /** Made for the first hit. */
  #values: unknown[] | undefined;
  #promises: (Promise<unknown> | undefined)[] = [];

  /** @param value - what the slot holds */
  of(slot: number, value: unknown): Promise<unknown> {
    const index = slot & (MOST - 1);
    const values = this.#values;
    if (values === undefined || !Object.is(values[index], value)) return this.#first(index, value);
    return (this.#promises[index] ??= detachedPromise(value));
  }

  /** Lets go of the value of a slot. */
  forget(slot: number): void {
    if (!this.#values) return;
    const index = slot & (MOST - 1);
    this.#values[index] = undefined;
    this.#promises[index] = undefined;
  }

  #first(index: number, value: unknown): Promise<unknown> {
    if (!this.#values) {
      this.#values = Array.from({ length: MOST });
      this.#promises = Array.from({ length: MOST });
    }
    this.#values[index] = value;
    this.#promises[index] = undefined;
    return Promise.resolve(value);
  }
}
