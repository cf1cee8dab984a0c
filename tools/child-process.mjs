import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { withDeadline } from './deadline.mjs';

/** How long a child may take to stop in good order, unless its parent says otherwise, in ms. */
const STOP_TIMEOUT = 5_000;

/**
 * The commands that a child serves, by name. Arguments and results cross as structured clones: maps, sets, dates, `undefined` and
 * `Infinity` arrive, functions do not.
 *
 * @typedef {Readonly<Record<string, (...args: never[]) => unknown>>} Commands
 */

/** @typedef {{ id: number, command: string, args: never[] }} Request */
/** @typedef {{ id: number, result?: unknown, error?: Error }} Reply `id` is 0 when the child begins to serve */
/** @typedef {{ resolve: (result: any) => void, reject: (error: Error) => void }} Open `any`: a message carries no type */

/**
 * A child process that runs a Node program and answers commands. The program calls {@link serve}. It ends with this process, whatever
 * ends that.
 *
 * @template {Commands} ItsCommands
 */
export class Child {
  #process;
  #name;
  /** @type {Map<number, Open>} */
  #open = new Map();
  #nextId = 1;
  #isStopping = false;
  /** @type {string | undefined} */
  #ended;

  /** Resolves when the child serves; rejects when it ends before. @type {Promise<void>} */
  ready;

  /** Resolves when the child has ended, to how: `'exit 0'`, `'SIGKILL'`. @type {Promise<string>} */
  exited;

  /**
   * @param {string | URL} program the module to run
   * @param {object} [options]
   * @param {string} [options.name] what errors call the child; default: the program
   * @param {readonly string[]} [options.args]
   * @param {readonly string[]} [options.execArgv] options of Node
   * @param {(line: string) => void} [options.say] gets each line that the child prints, and is told when the child ends unasked; without
   *   it the child prints where this process does
   */
  constructor(program, { name = String(program), args = [], execArgv = [], say } = {}) {
    this.#name = name;
    this.#process = fork(program, [...args], {
      execArgv: [...execArgv],
      serialization: 'advanced',
      silent: say !== undefined,
    });
    this.ready = new Promise((resolve, reject) => this.#open.set(0, { resolve, reject }));
    // It also rejects when nobody waits for it, which Node would report as an unhandled rejection.
    this.ready.catch(() => undefined);
    this.#process.on('message', (/** @type {Reply} */ reply) => this.#settle(reply));
    this.exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
      this.#process.once('error', (error) => resolve(error.message));
    });
    void this.exited.then((how) => this.#end(how, say));
    if (!say) return;
    for (const stream of [this.#process.stdout, this.#process.stderr])
      if (stream) createInterface({ input: stream }).on('line', say);
  }

  get pid() {
    return this.#process.pid;
  }

  /**
   * Runs one of its commands there. Several may run at a time.
   *
   * @template {keyof ItsCommands & string} Name
   * @param {Name} command
   * @param {Parameters<ItsCommands[Name]>} args
   * @returns {Promise<Awaited<ReturnType<ItsCommands[Name]>>>}
   * @throws {Error} when the command throws, with that error as `cause`, or when the child ends before it has answered
   */
  ask(command, ...args) {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#endedError(this.#ended));
      this.#open.set(id, { resolve, reject });
      this.#process.send({ id, command, args }, (error) => {
        if (error) this.#settle({ id, error });
      });
    });
  }

  /**
   * Stops it in good order, or kills it when that takes longer than `timeout` ms.
   *
   * @param {{ timeout?: number }} [options]
   */
  async stop({ timeout = STOP_TIMEOUT } = {}) {
    this.#isStopping = true;
    if (this.#process.connected) this.#process.disconnect();
    await withDeadline(this.exited, timeout, () => this.#process.kill('SIGKILL'));
  }

  /** Kills it; {@link exited} tells when it is gone. */
  kill() {
    this.#isStopping = true;
    this.#process.kill('SIGKILL');
  }

  /** @param {Reply} reply */
  #settle({ id, result, error }) {
    const open = this.#open.get(id);
    this.#open.delete(id);
    if (error) open?.reject(new Error(`${this.#name}: ${error.message}`, { cause: error }));
    else open?.resolve(result);
  }

  /**
   * @param {string} how
   * @param {((line: string) => void) | undefined} say
   */
  #end(how, say) {
    this.#ended = how;
    for (const { reject } of this.#open.values()) reject(this.#endedError(how));
    this.#open.clear();
    if (!this.#isStopping) say?.(`ended unasked (${how})`);
  }

  /** @param {string} how */
  #endedError(how) {
    return new Error(`${this.#name} has ended (${how}).`);
  }
}

/**
 * Serves commands to the parent process, for as long as there is one: with it, or when it asks for it, this process stops and ends.
 *
 * @param {Commands} commands
 * @param {() => unknown} [stop] what is to be done before this process ends
 */
export function serve(commands, stop = () => {}) {
  if (!process.send) throw new Error('This program is a child: its parent starts it, see tools/child-process.mjs.');
  // Ctrl-C reaches the whole group of processes. The parent decides, and disconnects.
  process.on('SIGINT', () => {});
  process.once('disconnect', () => void leave(stop));
  process.on('message', (/** @type {Request} */ request) => void answer(commands, request));
  if (process.connected) send({ id: 0 });
  else void leave(stop);
}

/** @param {() => unknown} stop */
async function leave(stop) {
  try {
    await stop();
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

/**
 * @param {Commands} commands
 * @param {Request} request
 */
async function answer(commands, { id, command, args }) {
  try {
    const run = commands[command];
    if (!run) throw new Error(`There is no command '${command}'.`);
    send({ id, result: await run(...args) });
  } catch (error) {
    send({ id, error: error instanceof Error ? error : new Error(String(error)) });
  }
}

/** @param {Reply} reply */
function send(reply) {
  // The parent may have disconnected while a command ran: nobody waits for its result.
  if (process.connected) process.send?.(reply);
}
