import { startPrivateRedis } from '../../tools/redis.mjs';

/** @typedef {'running' | 'paused' | 'stopped'} RedisState */

/** The Redis that `npm start` runs for itself: always on the same port, so that the instances find it again once it was killed. */
export class OwnRedis {
  /** @type {RedisState} */
  #state = 'stopped';
  /** @type {import('../../tools/redis.mjs').PrivateRedis | undefined} */
  #server;
  #program;
  #onGone;

  /**
   * @param {object} options
   * @param {import('../../tools/redis.mjs').RedisProgram} options.program
   * @param {(redis: OwnRedis) => void} options.onGone called when it has ended without {@link kill} or {@link stop}
   */
  constructor({ program, onGone }) {
    this.#program = program;
    this.#onGone = onGone;
  }

  /** @returns {RedisState} */
  get state() {
    return this.#state;
  }

  /** @returns {number} 0 before the first start */
  get port() {
    return this.#server?.port ?? 0;
  }

  /** @returns {string} what it is, for messages */
  get description() {
    return `a private ${this.#server?.program} on port ${this.port} (pid ${this.#server?.process.pid})`;
  }

  /**
   * Starts it, empty; again on the same port after {@link kill}.
   *
   * @throws {Error} when it does not start; the message holds its log
   */
  async start() {
    if (this.#state !== 'stopped') return;
    const server = await startPrivateRedis({ program: this.#program, port: this.#server?.port });
    this.#server = server;
    this.#state = 'running';
    server.process.once('exit', () => {
      const wasExpected = this.#state === 'stopped';
      this.#state = 'stopped';
      if (!wasExpected) this.#onGone(this);
    });
  }

  /** The process stands still: connections stay open, and nothing answers. */
  pause() {
    if (this.#state !== 'running') return;
    this.#server?.signal('SIGSTOP');
    this.#state = 'paused';
  }

  resume() {
    if (this.#state !== 'paused') return;
    this.#server?.signal('SIGCONT');
    this.#state = 'running';
  }

  /** Ends it at once, with all that it holds. Safe to call twice. */
  async kill() {
    this.#state = 'stopped';
    await this.#server?.stop();
  }
}
