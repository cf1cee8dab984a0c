import { setTimeout as pause } from 'node:timers/promises';
import { LinkProxy } from '../../tools/link-proxy.mjs';
import { startPrivateRedis } from '../../tools/redis.mjs';

/** @typedef {import('./libraries.mjs').Instance} Instance */

/** An instance, with its own way to Redis, and how often it has loaded. @typedef {Instance & { link: LinkProxy, loads: () => number }} Member */

/** The time between two reads of a reader that waits for a new value, in ms. */
const POLL = 50;

/** Two instances of one library, a Redis, and a source of one value, which a fault is tried on. */
export class Pair {
  #revision = 1;
  /** @type {Promise<void> | undefined} */
  #gate;

  /**
   * @param {import('../../tools/redis.mjs').PrivateRedis} redis
   * @param {readonly [Member, Member]} members
   */
  constructor(redis, [reader, writer]) {
    this.redis = redis;
    this.reader = reader;
    this.writer = writer;
  }

  /** @param {(given: import('./libraries.mjs').Given) => Promise<Instance>} open opens an instance of the library */
  static async open(open) {
    const redis = await startPrivateRedis();
    /** @type {Pair | undefined} */
    let pair;
    /** @param {string} name @returns {Promise<Member>} */
    const member = async (name) => {
      const link = await LinkProxy.open(redis.port);
      let loads = 0;
      const instance = await open({
        port: link.port,
        name,
        load: async (id) => {
          loads += 1;
          return pair === undefined ? { id, revision: 0 } : pair.#load(id);
        },
      });
      return { ...instance, link, loads: () => loads };
    };
    pair = new Pair(redis, [await member('reader'), await member('writer')]);
    // Some libraries connect, or subscribe, at the first call, and do not tell when it is done.
    await Promise.all([pair.reader.read('first'), pair.writer.read('first')]);
    await pause(1_000);
    return pair;
  }

  /** Gives the source a new value, of which the library knows nothing. */
  change() {
    this.#revision += 1;
  }

  /** Holds up every load that has read the source. @returns {() => void} lets them go on */
  holdLoads() {
    let release = () => {};
    this.#gate = new Promise((resolve) => (release = () => resolve()));
    return () => {
      this.#gate = undefined;
      release();
    };
  }

  /** Lets both instances hold the present value. */
  async fill() {
    await this.reader.read('key');
    await this.writer.read('key');
    await pause(300);
    await this.reader.read('key');
  }

  /** Whether the reader has the value of the source. @param {(key: string) => Promise<import('./libraries.mjs').Product>} [read] */
  async isNew(read = this.reader.read) {
    return (await read('key')).revision === this.#revision;
  }

  /** Reads until the reader has the value of the source. @param {number} patience in ms @returns {Promise<boolean>} whether it came to that */
  async becomesNew(patience) {
    for (const startedAt = performance.now(); performance.now() - startedAt < patience; await pause(POLL))
      if (await this.isNew()) return true;
    return false;
  }

  /** @param {string} id */
  async #load(id) {
    const product = { id, revision: this.#revision };
    await this.#gate;
    return product;
  }
}
