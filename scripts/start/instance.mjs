import { fork } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { withDeadline } from '../../tools/deadline.mjs';

/** How long the supervisor waits before it restarts a crashed instance, in ms; each further crash doubles it. */
const SHORTEST_WAIT = 200;
const LONGEST_WAIT = 10_000;

/** An instance that has run for so long was healthy: its next crash counts as the first, in ms. */
const HEALTHY_AFTER = 10_000;

/** How long an instance may take to stop in good order before it is killed, in ms. */
const STOP_TIMEOUT = 5_000;

/** One process of the application, started again whenever it crashes. */
export class Instance {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {NodeJS.Timeout | undefined} */
  #restart;
  #wait = SHORTEST_WAIT;
  #stopping = false;
  #listening = false;
  #program;
  #environment;
  #say;

  /**
   * @param {object} options
   * @param {string} options.program the module to run; it sends `'listening'` when it takes requests, and ends when its parent disconnects
   * @param {number} options.port
   * @param {NodeJS.ProcessEnv} options.environment
   * @param {(line: string) => void} options.say
   */
  constructor({ program, port, environment, say }) {
    this.port = port;
    this.#program = program;
    this.#environment = { ...environment, PORT: `${port}` };
    this.#say = say;
  }

  /** Whether it takes requests at this moment. */
  get listening() {
    return this.#listening && !this.#stopping;
  }

  /** @returns {'starting' | 'running' | 'stopping'} `'starting'` also after a crash, until it takes requests again */
  get state() {
    if (this.#stopping) return 'stopping';
    return this.#listening ? 'running' : 'starting';
  }

  /** The process id, while there is a process. */
  get pid() {
    return this.#child?.pid;
  }

  /**
   * Starts it; from then on it is kept running.
   *
   * @returns {Promise<void>} resolves when it takes requests
   * @throws {Error} when it ends before it took a request even once: starting it again would not help
   */
  start() {
    return new Promise((resolve, reject) => {
      this.#run(resolve, (code) =>
        reject(new Error(`The instance on port ${this.port} did not start (exit ${code}).`)),
      );
    });
  }

  /** Stops it in good order, or by force when that takes too long. */
  async stop() {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await withDeadline(gone, STOP_TIMEOUT, () => child.kill('SIGKILL'));
  }

  /** Kills it, for a supervisor that is about to end itself. */
  kill() {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
  }

  /**
   * @param {() => void} onListening
   * @param {(code: number | NodeJS.Signals | null) => void} onFailedStart called when it ends without having listened
   */
  #run(onListening, onFailedStart) {
    const child = fork(this.#program, {
      env: this.#environment,
      // Not the root: the application would read the `.env` there, and the supervisor has read it already.
      cwd: dirname(this.#program),
      // A session of its own: Ctrl-C reaches the supervisor alone, which stops everything in order.
      detached: true,
      silent: true,
    });
    const startedAt = performance.now();
    this.#child = child;
    this.#print(child.stdout, process.stdout);
    this.#print(child.stderr, process.stderr);
    child.once('message', () => {
      this.#listening = true;
      onListening();
    });
    child.once('exit', (code, signal) => {
      const listened = this.#listening;
      this.#listening = false;
      this.#child = undefined;
      if (this.#stopping) return;
      if (performance.now() - startedAt > HEALTHY_AFTER) this.#wait = SHORTEST_WAIT;
      if (listened) this.#startAgain(`ended unasked (${signal ?? `exit ${code}`})`);
      else onFailedStart(signal ?? code);
    });
  }

  /** @param {string} reason */
  #startAgain(reason) {
    this.#say(`Instance ${this.port} ${reason}; starting it again in ${this.#wait} ms.`);
    this.#restart = setTimeout(() => {
      this.#run(
        () => this.#say(`Instance ${this.port} is back (pid ${this.pid}).`),
        (code) => this.#startAgain(`did not start (exit ${code})`),
      );
    }, this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  /**
   * @param {import('node:stream').Readable | null} from
   * @param {NodeJS.WriteStream} to
   */
  #print(from, to) {
    if (from === null) return;
    createInterface({ input: from }).on('line', (line) => to.write(`[${this.port}] ${line}\n`));
  }
}
