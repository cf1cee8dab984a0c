import type { Flight } from './load.js';

/** Up to this many are in a list. */
const FEW = 4;

/**
 * The running loads of a region, by canonical key.
 *
 * As a map, but the first few are in a list: V8 rebuilds a map when its last entry is removed, and most regions load a few keys at a time.
 *
 * @internal
 */
export class Flights {
  readonly #few: Flight[] = [];
  #others: Map<string, Flight> | undefined;

  get size(): number {
    return this.#few.length + (this.#others?.size ?? 0);
  }

  get(key: string): Flight | undefined {
    for (const flight of this.#few) if (flight.key === key) return flight;
    return this.#others?.get(key);
  }

  /** Adds a flight whose key has none. */
  add(flight: Flight): void {
    if (this.#few.length < FEW) {
      this.#few.push(flight);
      return;
    }
    this.#others ??= new Map();
    this.#others.set(flight.key, flight);
  }

  /** Takes out a flight that is there. */
  remove(flight: Flight): void {
    const few = this.#few;
    const index = few.indexOf(flight);
    if (index === -1) {
      this.#others?.delete(flight.key);
      return;
    }
    const last = few.pop();
    if (last && last !== flight) few[index] = last;
  }

  /** All of them. None is added or removed meanwhile. */
  *[Symbol.iterator](): Generator<Flight, void> {
    yield* this.#few;
    if (this.#others) yield* this.#others.values();
  }
}
