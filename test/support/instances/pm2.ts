import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { SAMPLE } from '../../../tools/environment.mjs';
import { runAfterDeath } from '../../../tools/parent-death.mjs';
import { freePort } from '../../../tools/ports.mjs';
import { inRepository } from '../../../tools/repository.mjs';
import { eventually } from '../common/eventually.js';
import { everythingSaid } from '../secrets/everything-said.js';

const run = promisify(execFile);

const PROGRAM = inRepository('node_modules/pm2/bin/pm2');
const NAME = 'shop';

export interface Pm2Options {
  readonly redisConnectionString: string;
  /** `'cluster'`: `reload` starts the next process before it stops the one that runs. Default: `'fork'`. */
  readonly mode?: 'fork' | 'cluster';
}

/** The sample application under PM2, whose daemon has a folder of its own and ends with the test. It never asks the network. */
export class Pm2 {
  readonly address: string;
  readonly #home: string;
  readonly #callOff: () => void;

  private constructor(home: string, port: number) {
    this.#home = home;
    this.address = `http://127.0.0.1:${port}`;
    // The daemon is nobody's child.
    this.#callOff = runAfterDeath(['env', `PM2_HOME=${home}`, process.execPath, PROGRAM, 'kill']);
  }

  /** Starts PM2 and one process of the sample, and waits until that serves and is coherent. Stopped after the test. */
  static async start({ redisConnectionString, mode = 'fork' }: Pm2Options): Promise<Pm2> {
    const home = await mkdtemp(join(tmpdir(), 'pm2-'));
    const port = await freePort();
    const pm2 = new Pm2(home, port);
    onTestFinished(() => pm2.#remove());
    const app = {
      name: NAME,
      script: SAMPLE,
      exec_mode: mode,
      instances: 1,
      // Otherwise the names of the files end with the number of the process.
      merge_logs: true,
      out_file: pm2.#file('out.log'),
      error_file: pm2.#file('error.log'),
      env: {
        RedisConnectionString: redisConnectionString,
        PORT: `${port}`,
        SOURCE_LATENCY_MS: '0',
        DATABASE_FILE: pm2.#file('catalogue.sqlite'),
        NO_COLOR: '1',
      },
    };
    await writeFile(pm2.#file('apps.json'), JSON.stringify({ apps: [app] }));
    await pm2.#run('start', pm2.#file('apps.json'));
    await eventually(async () => {
      const answer = await fetch(`${pm2.address}/cache/status`, { headers: { connection: 'close' } });
      if (!(await answer.text()).includes('"coherent"')) throw new Error('It is not coherent yet.');
    }, 30_000);
    return pm2;
  }

  /**
   * Ends the process as `pm2 stop` does, for example. Resolves when PM2 says that it is done; the last lines of the process may be written
   * a little later.
   */
  end(command: 'stop' | 'restart' | 'reload'): Promise<void> {
    return this.#run(command, NAME);
  }

  /** What the sample has logged so far. */
  async logged(): Promise<string> {
    const texts = await Promise.all(['out.log', 'error.log'].map((name) => this.#read(name)));
    return texts.join('\n');
  }

  /** What PM2 itself has logged: signals, and how the processes ended. */
  told(): Promise<string> {
    return this.#read('pm2.log');
  }

  async #run(...args: readonly string[]): Promise<void> {
    const environment = { ...process.env, PM2_HOME: this.#home, PM2_DISABLE_VERSION_CHECK: 'true', NO_COLOR: '1' };
    await run(process.execPath, [PROGRAM, ...args], { env: environment });
  }

  #file(name: string): string {
    return join(this.#home, name);
  }

  #read(name: string): Promise<string> {
    return readFile(this.#file(name), 'utf8').catch(() => '');
  }

  async #remove(): Promise<void> {
    everythingSaid.hear('the sample under PM2', await this.logged());
    await this.#run('kill');
    this.#callOff();
    await rm(this.#home, { recursive: true, force: true });
  }
}
