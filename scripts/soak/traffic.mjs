import { setTimeout as pause } from 'node:timers/promises';
import { now } from './source-of-truth.mjs';

/** Keys that the instances read and change. A page shows two products; there is one for each. */
export const PRODUCTS = 4_000;
const TICK = 10;
/** What may be added to `maxStaleness` by timers and by an event loop that was busy. */
const TOLERANCE = 250;
const MOST_VIOLATIONS = 20;

/** @typedef {{ version: number }} Product */
/** @typedef {{ products: readonly Product[] }} Page */

/** Mixed traffic of one instance: reads, loads, nested loads, evictions, tags and puts, each read held against the source of truth. */
export class Traffic {
  #cache;
  #truth;
  #settings;
  /** @type {import('nestjs-distributed-cache').Region<Product>} */
  #products;
  /** @type {import('nestjs-distributed-cache').Region<Page>} */
  #pages;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** Reads and writes that the rate owes, in fractions. */
  #owed = { reads: 0, writes: 0 };
  /** @type {Set<Promise<unknown>>} */
  #running = new Set();
  counts = { reads: 0, loads: 0, evictions: 0, tagEvictions: 0, puts: 0, staleReads: 0, errors: 0 };
  worstStaleness = 0;
  /** @type {string[]} */
  violations = [];

  /**
   * @param {import('nestjs-distributed-cache').DistributedCache} cache
   * @param {import('./source-of-truth.mjs').SourceOfTruth} truth
   * @param {{ index: number, instances: number, maxStaleness: number, readsPerSecond: number, writesPerSecond: number }} settings
   */
  constructor(cache, truth, settings) {
    this.#cache = cache;
    this.#truth = truth;
    this.#settings = settings;
    this.#products = cache.region('products');
    this.#pages = cache.region('pages');
  }

  start() {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const seconds = Math.min(1, (performance.now() - last) / 1_000);
      last = performance.now();
      this.#owed.reads += seconds * this.#settings.readsPerSecond;
      this.#owed.writes += seconds * this.#settings.writesPerSecond;
      for (; this.#owed.reads >= 1; this.#owed.reads -= 1) this.#run(this.#read(Math.floor(Math.random() * PRODUCTS)));
      for (; this.#owed.writes >= 1; this.#owed.writes -= 1) this.#run(this.#write(this.#ownKey()));
    }, TICK);
  }

  /** Resolves once nothing runs any more. */
  async stop() {
    clearInterval(this.#timer);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** How many copies are held, and how many of them are not of the current version. */
  compare() {
    const compared = { held: 0, lost: 0 };
    const compare = (/** @type {Product | undefined} */ held, /** @type {number} */ key) => {
      if (held === undefined) return;
      compared.held += 1;
      if (held.version !== this.#truth.version(key)) compared.lost += 1;
    };
    for (let key = 0; key < PRODUCTS; key += 1) {
      compare(this.#products.getSync(key), key);
      this.#pages.getSync(key)?.products.forEach((product, place) => compare(product, (key + place) % PRODUCTS));
    }
    return compared;
  }

  /** @param {Promise<unknown>} work */
  #run(work) {
    const running = work.catch(() => (this.counts.errors += 1)).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** @param {number} key */
  async #read(key) {
    this.counts.reads += 1;
    // A few keys are asked for most of the time.
    const hot = Math.random() < 0.8 ? key % 400 : key;
    if (Math.random() < 0.8) {
      const told = this.#truth.told(hot);
      const askedAt = now();
      this.#judge(hot, await this.#product(hot), told, askedAt);
      return;
    }
    const keys = [hot, (hot + 1) % PRODUCTS];
    const told = keys.map((each) => this.#truth.told(each));
    const askedAt = now();
    const { products } = await this.#page(hot);
    products.forEach((product, place) =>
      this.#judge(keys[place] ?? 0, product, told[place] ?? { version: 0, at: 0 }, askedAt),
    );
  }

  /** @param {number} key */
  #product(key) {
    return this.#products.getOrLoad(
      key,
      async () => {
        this.counts.loads += 1;
        const version = this.#truth.version(key);
        // Many loads take long enough for an invalidation to overtake them.
        if (Math.random() < 0.3) await pause(Math.random() * 5);
        return { version };
      },
      { tags: [`product:${key}`, `group:${key % 100}`] },
    );
  }

  /** @param {number} key */
  #page(key) {
    const next = (key + 1) % PRODUCTS;
    return this.#pages.getOrLoad(
      key,
      async () => ({ products: await Promise.all([this.#product(key), this.#product(next)]) }),
      { tags: [`product:${key}`, `product:${next}`] },
    );
  }

  /** @param {number} key */
  async #write(key) {
    const kind = Math.random();
    if (kind < 0.25) {
      this.counts.puts += 1;
      let version = 0;
      const put = this.#products.update(
        key,
        async () => {
          version = this.#truth.change(key);
          await pause(Math.random() * 5);
          return { version };
        },
        { tags: [`product:${key}`, `group:${key % 100}`] },
      );
      await put;
      await this.#cache.evictTags(`product:${key}`);
      this.#truth.logged(key, version, now());
      return;
    }
    const version = this.#truth.change(key);
    if (kind < 0.35) {
      this.counts.tagEvictions += 1;
      await this.#cache.evictTags([`product:${key}`, `group:${key % 100}`]);
    } else {
      this.counts.evictions += 1;
      await Promise.all([this.#products.evict(key), this.#cache.evictTags(`product:${key}`)]);
    }
    this.#truth.logged(key, version, now());
  }

  /** A key that no other instance changes, since two could give it one version. */
  #ownKey() {
    const { index, instances } = this.#settings;
    const key = Math.floor((Math.random() * PRODUCTS) / instances) * instances + index;
    return (Math.random() < 0.8 ? key % (50 * instances) : key) % PRODUCTS;
  }

  /**
   * @param {number} key
   * @param {Product} product what was read
   * @param {{ version: number, at: number }} told what everybody had been told of before
   * @param {number} askedAt
   */
  #judge(key, product, told, askedAt) {
    if (product.version >= told.version) return;
    const staleness = askedAt - told.at;
    this.counts.staleReads += 1;
    // The file is read without a lock: what is half of one record and half of the next is not so when it is read again.
    if (staleness > this.#settings.maxStaleness + TOLERANCE && this.#truth.told(key).at === told.at) {
      if (this.violations.length < MOST_VIOLATIONS)
        this.violations.push(
          `product ${key}: version ${product.version}, ${Math.round(staleness)} ms after all were told of ${told.version}`,
        );
    }
    if (told.at > 0) this.worstStaleness = Math.max(this.worstStaleness, staleness);
  }
}
