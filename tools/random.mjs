/** Random numbers that a seed decides: the same seed gives the same sequence (splitmix32), so that a failure can be replayed. */
export class Random {
  #state;

  /** @param {number} seed a whole number, of which the low 32 bits count */
  constructor(seed) {
    this.#state = seed | 0;
  }

  /**
   * At least 0, below 1. It is bound to this object, so that it can stand in for `Math.random`.
   *
   * @returns {number}
   */
  next = () => {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };

  /**
   * `true` with this probability.
   *
   * @param {number} probability from 0 to 1
   */
  chance(probability) {
    return this.next() < probability;
  }

  /**
   * A whole number, at least 0, below `limit`.
   *
   * @param {number} limit
   */
  below(limit) {
    return Math.floor(this.next() * limit);
  }

  /**
   * A whole number from `least` to `most`, both included.
   *
   * @param {number} least
   * @param {number} most
   */
  between(least, most) {
    return least + this.below(most - least + 1);
  }

  /**
   * One of the items, each as likely as the others.
   *
   * @template const T
   * @param {readonly T[]} items
   * @returns {T}
   * @throws {RangeError} when there are no items
   */
  pick(items) {
    // Not by index: an item may be `undefined`, and that is not the same as no item.
    for (const item of items.slice(this.below(items.length))) return item;
    throw new RangeError('There is nothing to pick from.');
  }

  /**
   * One of the items, or `undefined` when there are none. The more an item weighs, the likelier it is.
   *
   * @template {{ readonly weight: number }} T
   * @param {readonly T[]} items
   * @returns {T | undefined}
   */
  weighted(items) {
    let left = this.next() * items.reduce((total, { weight }) => total + weight, 0);
    return items.find(({ weight }) => (left -= weight) < 0);
  }

  /**
   * About half of the items in their order, at least one of them unless there are none.
   *
   * @template T
   * @param {readonly T[]} items
   */
  some(items) {
    const chosen = items.filter(() => this.chance(0.5));
    return chosen.length > 0 ? chosen : items.slice(0, 1);
  }

  /**
   * One, two, four or about half of the items. Of one, two or four the same item may come again.
   *
   * @template T
   * @param {readonly T[]} items
   */
  few(items) {
    const count = this.pick([1, 2, 4, items.length]);
    if (count === items.length) return this.some(items);
    return Array.from({ length: count }, () => this.pick(items));
  }
}
