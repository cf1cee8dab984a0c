import { Agent } from 'node:http';
import { ask } from './ask.mjs';
import { Happenings } from './happenings.mjs';
import { Load, MOST_REQUESTS_PER_SECOND } from './load.mjs';
import { isDeaf, MAX_STALENESS, situationOf } from './situation.mjs';
import { Watch } from './watch.mjs';

/** How far the page scales out, unless `INSTANCES` asks for more. */
const MOST_INSTANCES = 6;

/** An instance that cannot reach Redis answers a change after `publishTimeout`, in ms. */
const CHANGE_TIMEOUT = 10_000;

/** A control that cannot do what it was asked for. The message is for people. */
export class ControlError extends Error {
  /**
   * @param {400 | 409 | 502} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * What runs, once it runs.
 *
 * @typedef {object} Running
 * @property {import('../cluster.mjs').Cluster} cluster
 * @property {'private' | 'given' | 'none'} kind of Redis
 * @property {import('../own-redis.mjs').OwnRedis | undefined} redis the private one
 */

/** What the page at `/` shows, and what its controls do. It exists from the start; what it shows comes as it comes. */
export class Demonstration {
  /** @type {'building' | 'starting' | 'running'} */
  phase = 'building';
  /** Where the true prices are read, once the instances have created them. @type {import('./true-prices.mjs').TruePrices | undefined} */
  prices;
  #happenings = new Happenings();
  #agent = new Agent({ keepAlive: true });
  /** @type {Running | undefined} */
  #running;
  #origin;
  #watch;
  #load;

  /**
   * @param {object} options
   * @param {string} options.origin where the instances listen, but for the port
   * @param {number} options.port of the front door
   */
  constructor({ origin, port }) {
    this.#origin = origin;
    this.#watch = new Watch(origin);
    this.#load = new Load(`${origin}:${port}`);
  }

  /** @param {Running} running */
  show(running) {
    this.#running = running;
    this.phase = 'starting';
  }

  /** What the page shows now. */
  async snapshot() {
    const { cluster, kind = 'none', redis } = this.#running ?? {};
    const look = await this.#watch.look(cluster?.members ?? [], () => this.prices?.read() ?? []);
    this.#happenings.see(look.cards, look.products);
    const scene = {
      phase: this.phase,
      redis: { kind, state: redis?.state ?? null },
      products: look.products,
      instances: look.cards,
    };
    return {
      ...scene,
      situation: situationOf(scene),
      maxStaleness: MAX_STALENESS,
      scale: { wanted: cluster?.wanted ?? 0, most: mostOf(cluster) },
      disabled: this.#disabled(),
      load: this.#load.figures,
      happenings: this.#happenings.list,
    };
  }

  /**
   * Changes a price as any client would: by a request to an instance.
   *
   * @param {{ product: number, price: number, through: number | undefined }} change `through`: the number of an instance; default: the first that hears Redis
   */
  async changePrice({ product, price, through }) {
    const member = through === undefined ? await this.#firstThatHears() : this.#member(through);
    const url = `${this.#origin}:${member.instance.port}/products/${product}`;
    const options = { agent: this.#agent, timeout: CHANGE_TIMEOUT, method: 'PUT', body: { price } };
    const reply = await ask(url, options).catch(() => undefined);
    if (reply?.status !== 200)
      throw new ControlError(
        502,
        `Instance ${member.number} did not change it: ${reply?.body?.message ?? 'no answer'}.`,
      );
    this.#happenings.add(
      `${reply.body.name} now costs ${price.toFixed(2)}, changed through instance ${member.number}.`,
    );
  }

  /**
   * @param {number} number of the instance
   * @param {import('../../../tools/link-proxy.mjs').LinkState} state
   */
  setLink(number, state) {
    const { link } = this.#member(number);
    if (link === undefined) throw new ControlError(409, this.#disabled().links ?? 'There is no link to break.');
    if (link.state === state) return;
    link.become(state);
    this.#happenings.add(
      `The link of instance ${number} to Redis is ${{ open: 'healed', paused: 'paused', cut: 'cut' }[state]}.`,
    );
  }

  /** @param {import('../own-redis.mjs').RedisState} state */
  async setRedis(state) {
    const { redis } = this.#running ?? {};
    if (redis === undefined) throw new ControlError(409, this.#disabled().redis ?? 'There is no Redis yet.');
    const previous = redis.state;
    if (previous === state) return;
    if (state === 'stopped') await redis.kill();
    else if (state === 'running' && previous === 'paused') redis.resume();
    else if (state === 'running') await started(redis);
    else if (previous === 'running') redis.pause();
    else throw new ControlError(409, 'Redis is gone: start it first.');
    const told = {
      running: previous === 'paused' ? 'goes on' : 'is back, empty',
      paused: 'is paused',
      stopped: 'was killed',
    };
    this.#happenings.add(`Redis ${told[state]}.`);
  }

  /** @param {number} count resolves once it is asked for; the page shows how far it is */
  scaleTo(count) {
    const { cluster } = this.#running ?? {};
    const { instances } = this.#disabled();
    if (cluster === undefined || instances !== null)
      throw new ControlError(409, instances ?? 'The instances are not there yet.');
    const most = mostOf(cluster);
    if (count < 1 || count > most) throw new ControlError(400, `There can be 1 to ${most} instances.`);
    this.#happenings.add(`Scaling to ${count} ${count === 1 ? 'instance' : 'instances'}.`);
    cluster.scaleTo(count).catch((error) => this.#happenings.add(`That did not work: ${error.message}`));
  }

  /** @param {number} requestsPerSecond 0 ends the load */
  makeLoad(requestsPerSecond) {
    if (requestsPerSecond < 0 || requestsPerSecond > MOST_REQUESTS_PER_SECOND)
      throw new ControlError(400, `There can be 0 to ${MOST_REQUESTS_PER_SECOND} requests a second.`);
    this.#load.set(requestsPerSecond);
  }

  close() {
    this.#load.close();
    this.#watch.close();
    this.#agent.destroy();
    this.prices?.close();
    this.prices = undefined;
  }

  /** Why a group of controls does nothing here; `null`: it works. */
  #disabled() {
    if (this.#running === undefined) {
      const reason = 'The instances are not there yet.';
      return { links: reason, redis: reason, instances: reason };
    }
    const { kind } = this.#running;
    if (kind === 'private') return { links: null, redis: null, instances: null };
    if (kind === 'none') {
      const reason = 'There is no Redis on this machine, so there is one instance. Install Redis to try this.';
      return { links: reason, redis: reason, instances: reason };
    }
    const reason =
      'RedisConnectionString names this Redis: npm start leaves it, and the way to it, alone. Leave that setting out to try this.';
    return { links: reason, redis: reason, instances: null };
  }

  /** @param {number} number */
  #member(number) {
    const member = this.#running?.cluster.members.find((each) => each.number === number);
    if (member === undefined) throw new ControlError(409, `There is no instance ${number}.`);
    return member;
  }

  async #firstThatHears() {
    const { cluster } = this.#running ?? {};
    const members = (cluster?.members ?? []).filter(({ instance }) => instance.listening);
    const { cards } = await this.#watch.look(members, () => []);
    const hears = cards.find((card) => !isDeaf(card)) ?? cards[0];
    if (hears === undefined) throw new ControlError(409, 'No instance runs at the moment.');
    return this.#member(hears.number);
  }
}

/** @param {import('../cluster.mjs').Cluster | undefined} cluster */
function mostOf(cluster) {
  return Math.max(MOST_INSTANCES, cluster?.members.length ?? 0);
}

/** @param {import('../own-redis.mjs').OwnRedis} redis */
async function started(redis) {
  try {
    await redis.start();
  } catch (error) {
    throw new ControlError(409, `Redis did not start: ${error instanceof Error ? error.message : String(error)}`);
  }
}
