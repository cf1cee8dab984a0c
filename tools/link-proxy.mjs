import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * What happens on the way between an instance and Redis:
 *
 * - `'open'`: every byte gets through.
 * - `'paused'`: connections stay open, and their bytes wait until the link is open again.
 * - `'cut'`: connections are closed, and new ones are refused.
 *
 * @typedef {'open' | 'paused' | 'cut'} LinkState
 */

/** The way of one instance to Redis: a TCP proxy on the loopback interface, so that the way of one alone can be broken. */
export class LinkProxy {
  /** @type {LinkState} */
  #state = 'open';
  /** Both ends of each connection. @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #target;
  #server;
  #port = 0;

  /** @param {number} target */
  constructor(target) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /**
   * @param {number} target the port of the server, on the loopback interface
   * @returns {Promise<LinkProxy>} once it listens, on a port that the system has chosen
   */
  static async open(target) {
    const proxy = new LinkProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    const address = proxy.#server.address();
    if (address !== null && typeof address === 'object') proxy.#port = address.port;
    return proxy;
  }

  get port() {
    return this.#port;
  }

  /** @returns {LinkState} */
  get state() {
    return this.#state;
  }

  /** @param {LinkState} state */
  become(state) {
    this.#state = state;
    for (const socket of this.#sockets) {
      if (state === 'cut') socket.destroy();
      else if (state === 'paused') socket.pause();
      else socket.resume();
    }
  }

  /**
   * Carries no byte of the present connections any more, and tells neither end, as a gateway does that has forgotten them. New connections
   * are carried.
   */
  loseConnections() {
    for (const socket of this.#sockets) {
      socket.removeAllListeners('data');
      socket.resume();
    }
  }

  /** Closes it and every connection through it. */
  async close() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** @param {import('node:net').Socket} client */
  #accept(client) {
    client.on('error', ignore);
    // A closed port would be taken by another program; to the instance this looks the same.
    if (this.#state === 'cut') return void client.resetAndDestroy();
    const server = connect(this.#target, '127.0.0.1');
    server.on('error', ignore);
    this.#carry(client, server);
    this.#carry(server, client);
  }

  /**
   * @param {import('node:net').Socket} from
   * @param {import('node:net').Socket} to
   */
  #carry(from, to) {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => {
      if (this.#state !== 'paused') from.resume();
    });
    from.once('close', () => {
      this.#sockets.delete(from);
      to.destroySoon();
    });
    if (this.#state === 'paused') from.pause();
  }
}

/** `'close'` follows every error, and is what is acted upon. */
function ignore() {}
