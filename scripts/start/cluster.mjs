import { isPortFree } from '../../tools/ports.mjs';
import { Instance } from './instance.mjs';
import { LinkProxy } from '../../tools/link-proxy.mjs';

/** How many ports after the first are tried, for an instance that is added, before there is none. */
const PORTS_TRIED = 100;

/**
 * One of the instances, and its way to Redis.
 *
 * @typedef {object} ClusterMember
 * @property {number} number counted from 1
 * @property {Instance} instance
 * @property {LinkProxy | undefined} link `undefined`: it goes to Redis by itself, or there is none
 */

/** The instances of the application that run now; there can be more or fewer of them at any time. */
export class Cluster {
  /** @type {ClusterMember[]} */
  #members = [];
  /** The change that runs; the next one waits for it. @type {Promise<unknown>} */
  #change = Promise.resolve();
  /** How many there are to be, once the changes that run are done. */
  #wanted = 0;
  #isStopping = false;
  #options;

  /**
   * @param {object} options
   * @param {string} options.program see {@link Instance}
   * @param {string} options.host where the instances listen
   * @param {NodeJS.ProcessEnv} options.environment of each instance
   * @param {number | undefined} options.redisPort the private Redis, which each instance then reaches by a link of its own
   * @param {(line: string) => void} options.say
   */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {readonly ClusterMember[]} in the order of their numbers */
  get members() {
    return this.#members;
  }

  /** @returns {number} how many there are to be; {@link members} may not be so many yet, or still be more */
  get wanted() {
    return this.#wanted;
  }

  /** @returns {number[]} the ports of those that can take a request now */
  get runningPorts() {
    return this.#members.filter(({ instance }) => instance.listening).map(({ instance }) => instance.port);
  }

  /**
   * Starts the first instances, all at once.
   *
   * @param {readonly number[]} ports
   * @throws {Error} when one does not start
   */
  async start(ports) {
    this.#wanted = ports.length;
    await Promise.all(ports.map((port, index) => this.#add(index + 1, port)));
  }

  /**
   * Adds instances, or removes those with the highest numbers, until there are so many.
   *
   * @param {number} count
   * @throws {Error} when an instance does not start; those before it run
   */
  scaleTo(count) {
    this.#wanted = count;
    const change = this.#change.then(() => this.#approach());
    this.#change = change.catch(() => {});
    return change;
  }

  /** Stops all of them in good order. */
  async stop() {
    this.#isStopping = true;
    await Promise.all(this.#members.map((member) => stopMember(member)));
  }

  /** Kills them, for a supervisor that is about to end itself. */
  kill() {
    for (const { instance } of this.#members) instance.kill();
  }

  /** What is wanted may change meanwhile. */
  async #approach() {
    try {
      while (!this.#isStopping && this.#members.length > this.#wanted) await this.#removeLast();
      while (!this.#isStopping && this.#members.length < this.#wanted) await this.#addNext();
    } catch (error) {
      this.#wanted = this.#members.length;
      throw error;
    }
  }

  async #addNext() {
    const last = this.#members.at(-1);
    const port = await this.#nextFreePort((last?.instance.port ?? 0) + 1);
    await this.#add((last?.number ?? 0) + 1, port);
  }

  /**
   * @param {number} number
   * @param {number} port
   */
  async #add(number, port) {
    const { program, environment, redisPort, say } = this.#options;
    const link = redisPort === undefined ? undefined : await LinkProxy.open(redisPort);
    const settings = link && { RedisConnectionString: `redis://127.0.0.1:${link.port}` };
    const instance = new Instance({ program, port, environment: { ...environment, ...settings }, say });
    const member = { number, instance, link };
    this.#members = [...this.#members, member].toSorted((a, b) => a.number - b.number);
    if (this.#isStopping) return stopMember(member);
    try {
      await instance.start();
    } catch (error) {
      this.#members = this.#members.filter((each) => each !== member);
      await stopMember(member);
      throw error;
    }
  }

  async #removeLast() {
    const last = this.#members.at(-1);
    if (last === undefined) return;
    // Shown as one that stops until it is gone.
    await stopMember(last);
    this.#members = this.#members.filter((member) => member !== last);
  }

  /** @param {number} first */
  async #nextFreePort(first) {
    for (let port = first; port < first + PORTS_TRIED && port <= 65_535; port += 1)
      if (await isPortFree(port, this.#options.host)) return port;
    throw new Error(`No port from ${first} on is free for another instance.`);
  }
}

/**
 * The link is closed last, so that the evictions that the instance still holds reach Redis.
 *
 * @param {ClusterMember} member
 */
async function stopMember({ instance, link }) {
  await instance.stop();
  await link?.close();
}
