import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** As in a small container: unbounded, V8 lets garbage lie for minutes before it takes the trouble, and RSS tells nothing. */
const NODE_OPTIONS = ['--expose-gc', '--max-old-space-size=96'];
const PROGRAM = fileURLToPath(new URL('./instance.mjs', import.meta.url));

/**
 * @typedef {object} SoakSettings
 * @property {string} redisConnectionString
 * @property {string} database the file of the source of truth
 * @property {number} burst
 * @property {number} maxStaleness ms
 * @property {number} index
 * @property {number} instances
 * @property {number} readsPerSecond
 * @property {number} writesPerSecond
 */

/** @typedef {import('./instance.mjs').Commands} Commands */

/** One instance of the soak, in a process of its own. */
export class InstanceProcess {
  #child;
  #nextId = 1;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #asked = new Map();
  #isClosing = false;

  /**
   * @param {SoakSettings} settings
   * @param {(line: string) => void} say
   */
  constructor(settings, say) {
    this.#child = fork(PROGRAM, [JSON.stringify(settings)], { execArgv: NODE_OPTIONS, silent: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => say(`[instance ${settings.index}] ${line}`));
    }
    /** Resolves when it is coherent. */
    this.ready = new Promise((resolve, reject) => this.#asked.set(0, { resolve, reject }));
    this.#child.on(
      'message',
      (/** @type {{ id: number, result?: unknown, error?: string }} */ { id, result, error }) => {
        const asked = this.#asked.get(id);
        this.#asked.delete(id);
        if (error === undefined) asked?.resolve(result);
        else asked?.reject(new Error(`instance ${settings.index}: ${error}`));
      },
    );
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#asked.values())
        reject(new Error(`instance ${settings.index} ended (${signal ?? code})`));
      if (!this.#isClosing) say(`[instance ${settings.index}] ended unasked (${signal ?? code})`);
    });
  }

  /**
   * @template {keyof Commands} Name
   * @param {Name} name
   * @param {number} [argument]
   * @returns {Promise<Awaited<ReturnType<Commands[Name]>>>}
   */
  ask(name, argument = 0) {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#child.send({ id, name, argument });
    });
  }

  /** Shuts it down in good order, or by force when that takes too long. */
  async close() {
    this.#isClosing = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await this.ask('close').catch(() => {});
    if (this.#child.connected) this.#child.disconnect();
    await gone;
    clearTimeout(force);
  }

  kill() {
    this.#isClosing = true;
    this.#child.kill('SIGKILL');
  }
}
