import { Agent } from 'node:http';
import { ask } from './ask.mjs';
import { MAX_STALENESS } from './situation.mjs';

/** An instance that takes longer is shown as one that does not answer, in ms. */
const TIMEOUT = 1_500;

/** @typedef {import('./situation.mjs').Card} Card */
/** @typedef {import('./situation.mjs').Product} Product */
/** @typedef {import('./situation.mjs').ServedProduct} ServedProduct */

/** Asks each instance what anybody may ask it: the products by its API, and its state. */
export class Watch {
  #agent = new Agent({ keepAlive: true });
  #origin;

  /** @param {string} origin where the instances listen, but for the port */
  constructor(origin) {
    this.#origin = origin;
  }

  /**
   * @param {readonly import('../cluster.mjs').ClusterMember[]} members
   * @param {() => Product[]} readTruth called before the instances are asked, and after
   * @returns {Promise<{ products: Product[], cards: Card[] }>}
   */
  async look(members, readTruth) {
    const before = readTruth();
    const answers = await Promise.all(members.map((member) => this.#ask(member, before)));
    const after = readTruth();
    // A price that was true at either moment is no old one: the change came while the instance answered.
    const isTrue = (/** @type {number} */ id, /** @type {number} */ price) =>
      [before, after].some((prices) => prices.some((product) => product.id === id && product.price === price));
    const cards = answers.map((card) => ({
      ...card,
      products: card.products.map((served) => ({
        ...served,
        stale: served.price !== null && !isTrue(served.id, served.price),
      })),
    }));
    return { products: after, cards };
  }

  close() {
    this.#agent.destroy();
  }

  /**
   * @param {import('../cluster.mjs').ClusterMember} member
   * @param {readonly Product[]} products
   * @returns {Promise<Card>}
   */
  async #ask({ number, instance, link }, products) {
    const { port, pid = null, state } = instance;
    const card = { number, port, pid, state, link: link?.state ?? null };
    const silent = { cache: null, leaseLeft: null, outbox: 0, hitRate: 0, products: [] };
    if (state !== 'running') return { ...card, ...silent };
    const [status, ...served] = await Promise.all([
      this.#get(port, '/cache/status'),
      ...products.map(({ id }) => this.#get(port, `/products/${id}`)),
    ]);
    const told = status?.body === undefined ? silent : statusIn(status.body);
    const leaseLeft = told.leaseLeft ?? 0;
    return {
      ...card,
      ...told,
      products: products.map(({ id }, index) => servedIn(id, served[index], leaseLeft)),
    };
  }

  /**
   * @param {number} port
   * @param {string} path
   * @returns {Promise<import('./ask.mjs').Reply | undefined>} `undefined`: no answer, or none in time
   */
  async #get(port, path) {
    try {
      const reply = await ask(`${this.#origin}:${port}${path}`, { agent: this.#agent, timeout: TIMEOUT });
      return reply.status === 200 ? reply : undefined;
    } catch {
      return undefined;
    }
  }
}

/** @param {any} body of `GET /cache/status` */
function statusIn({ status, stats }) {
  /** @type {{ hits: number, misses: number }[]} */
  const regions = Object.values(stats.regions);
  const hits = regions.reduce((total, region) => total + region.hits, 0);
  const reads = regions.reduce((total, region) => total + region.hits + region.misses, 0);
  return {
    cache: String(status.state),
    leaseLeft: status.leaseAge === null ? 0 : Math.max(0, MAX_STALENESS - status.leaseAge),
    outbox: Number(status.outbox),
    hitRate: reads === 0 ? 0 : hits / reads,
  };
}

/**
 * @param {number} id
 * @param {import('./ask.mjs').Reply | undefined} reply
 * @param {number} leaseLeft
 * @returns {ServedProduct}
 */
function servedIn(id, reply, leaseLeft) {
  if (reply?.body === undefined) return { id, price: null, age: null, stale: false, remaining: 0 };
  const age = Number(reply.headers['age'] ?? 0) * 1_000;
  // While its lease lasts, an instance serves whatever it holds; after that, what it has read since less than `maxStaleness`.
  return { id, price: reply.body.price, age, stale: false, remaining: Math.max(leaseLeft, MAX_STALENESS - age, 0) };
}
