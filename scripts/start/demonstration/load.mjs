import { Agent } from 'node:http';
import { ask } from './ask.mjs';

/** The most that may be asked for: more would measure this process, which is the front door as well. */
export const MOST_REQUESTS_PER_SECOND = 1_000;

/** How often requests are sent, in ms. */
const TICK = 50;
/** Over how many ticks the figures are averaged: 2 s. */
const TICKS_SHOWN = 40;
/** Requests that have no answer yet. When there are so many, the rest of a tick is left out. */
const MOST_UNDER_WAY = 200;
/** In ms. */
const TIMEOUT = 10_000;
/** How many products are read. Some are read much more often than others, as in a shop. */
const PRODUCTS = 1_000;

/** @typedef {{ asked: number, answered: number, hits: number, failed: number }} Counts */

/** Reads products through the front door, so many times a second. */
export class Load {
  /** @type {Counts[]} */
  #ticks = [];
  #agent = new Agent({ keepAlive: true });
  #origin;
  #rate = 0;
  #underWay = 0;
  /** What was left over by the ticks before: a part of a request. */
  #due = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {string} origin of the front door */
  constructor(origin) {
    this.#origin = origin;
  }

  /** @returns {{ asked: number, requestsPerSecond: number, hitRate: number | null, failed: number }} of the last 2 s; `asked`: the rate that was set */
  get figures() {
    const sum = (/** @type {keyof Counts} */ name) => this.#ticks.reduce((total, tick) => total + tick[name], 0);
    const answered = sum('answered');
    const seconds = (this.#ticks.length * TICK) / 1_000;
    return {
      asked: this.#rate,
      requestsPerSecond: seconds === 0 ? 0 : Math.round(answered / seconds),
      hitRate: answered === 0 ? null : sum('hits') / answered,
      failed: sum('failed'),
    };
  }

  /** @param {number} rate requests a second; 0 ends it */
  set(rate) {
    this.#rate = rate;
    if (rate === 0) return this.#stop();
    this.#timer ??= setInterval(() => this.#tick(), TICK);
  }

  close() {
    this.set(0);
    this.#agent.destroy();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#ticks = [];
    this.#due = 0;
  }

  #tick() {
    const counts = { asked: 0, answered: 0, hits: 0, failed: 0 };
    this.#ticks = [...this.#ticks.slice(1 - TICKS_SHOWN), counts];
    this.#due += (this.#rate * TICK) / 1_000;
    for (; this.#due >= 1; this.#due -= 1) if (this.#underWay < MOST_UNDER_WAY) void this.#read(counts);
  }

  /** @param {Counts} counts */
  async #read(counts) {
    this.#underWay += 1;
    counts.asked += 1;
    const product = 1 + Math.floor(PRODUCTS * Math.random() ** 3);
    try {
      const options = { agent: this.#agent, timeout: TIMEOUT };
      const { status, headers } = await ask(`${this.#origin}/products/${product}`, options);
      if (status !== 200) counts.failed += 1;
      counts.answered += 1;
      if (headers['x-cache'] === 'HIT') counts.hits += 1;
    } catch {
      counts.failed += 1;
    } finally {
      this.#underWay -= 1;
    }
  }
}
