/** @typedef {{ id: number, at: number, text: string }} Happening `at`: ms since 1970 */
/** @typedef {{ number: number, name: string, price: number, since: number }} OldPrice */

/** How many are shown. */
const MOST = 8;

/** A change that is on its way to the other instances is nothing to tell, in ms. */
const TOLD_FROM = 1_000;

/** What has happened lately, in plain words, the newest first. */
export class Happenings {
  /** @type {Happening[]} */
  #list = [];
  #count = 0;
  /** The old prices that are served now, by instance and product. @type {Map<string, OldPrice>} */
  #old = new Map();

  /** @returns {readonly Happening[]} */
  get list() {
    return this.#list;
  }

  /** @param {string} text */
  add(text) {
    this.#count += 1;
    this.#list = [{ id: this.#count, at: Date.now(), text }, ...this.#list].slice(0, MOST);
  }

  /**
   * Tells of old prices: when they are seen first, and for how long they were served once they are gone.
   *
   * @param {readonly import('./situation.mjs').Card[]} cards
   * @param {readonly import('./situation.mjs').Product[]} products
   */
  see(cards, products) {
    const now = performance.now();
    const seen = new Set();
    for (const { number, products: served } of cards) {
      for (const { id, price, stale } of served) {
        if (!stale || price === null) continue;
        const key = `${number}:${id}`;
        seen.add(key);
        if (this.#old.has(key)) continue;
        const name = products.find((product) => product.id === id)?.name ?? `product ${id}`;
        this.#old.set(key, { number, name, price, since: now });
      }
    }
    for (const [key, { number, name, price, since }] of this.#old) {
      if (seen.has(key)) continue;
      this.#old.delete(key);
      if (now - since < TOLD_FROM) continue;
      const seconds = ((now - since) / 1_000).toFixed(1);
      this.add(`Instance ${number} served the old price ${price.toFixed(2)} of ${name} for ${seconds} s.`);
    }
  }
}
