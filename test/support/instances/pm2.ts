import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
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

  static async #make(): Promise<{ readonly pm2: Pm2; readonly port: number }> {
    const port = await freePort();
    const pm2 = new Pm2(await mkdtemp(join(tmpdir(), 'pm2-')), port);
    onTestFinished(() => pm2.#remove());
    return { pm2, port };
  }

  /** Starts PM2 and one process of the sample, and waits until that serves and is coherent. Stopped after the test. */
  static async start({ redisConnectionString, mode = 'fork' }: Pm2Options): Promise<Pm2> {
    const { pm2, port } = await Pm2.#make();
    const app = {
      name: NAME,
      script: SAMPLE,
      exec_mode: mode,
      instances: 1,
      // Otherwise the names of the files end with the number of the process.
      merge_logs: true,
      out_file: pm2.#file('out.log'),
      error_file: pm2.#file('error.log'),
      env: pm2.#settings(redisConnectionString, port),
    };
    await writeFile(pm2.#file('apps.json'), JSON.stringify({ apps: [app] }));
    await pm2.#run(['start', pm2.#file('apps.json')]);
    await pm2.#untilCoherent();
    return pm2;
  }

  /**
   * Starts what an ecosystem file says, in a folder where `dist/main.js` is the sample, which says that it is ready as the file asks for. Waits
   * until it serves and is coherent. Stopped after the test.
   */
  static async startFile(file: string, redisConnectionString: string): Promise<Pm2> {
    const { pm2, port } = await Pm2.#make();
    await copyFile(file, pm2.#file(basename(file)));
    await mkdir(pm2.#file('dist'));
    await writeFile(pm2.#file('package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(
      pm2.#file('dist/main.js'),
      `await import('${pathToFileURL(SAMPLE).href}');\nprocess.send?.('ready');\n`,
    );
    await pm2.#run(['start', basename(file)], pm2.#settings(redisConnectionString, port));
    await pm2.#untilCoherent();
    return pm2;
  }

  #settings(redisConnectionString: string, port: number): Record<string, string> {
    return {
      RedisConnectionString: redisConnectionString,
      PORT: `${port}`,
      SOURCE_LATENCY_MS: '0',
      DATABASE_FILE: this.#file('catalogue.sqlite'),
      NO_COLOR: '1',
    };
  }

  #untilCoherent(): Promise<void> {
    return eventually(async () => {
      const answer = await fetch(`${this.address}/cache/status`, { headers: { connection: 'close' } });
      if (!(await answer.text()).includes('"coherent"')) throw new Error('It is not coherent yet.');
    }, 30_000);
  }

  /**
   * Ends the process as `pm2 stop` does, for example. Resolves when PM2 says that it is done; the last lines of the process may be written
   * a little later.
   */
  end(command: 'stop' | 'restart' | 'reload'): Promise<void> {
    return this.#run([command, NAME]);
  }

  /** What the sample has logged so far. */
  async logged(): Promise<string> {
    const ofEach = await readdir(this.#file('logs')).catch(() => []);
    const names = ['out.log', 'error.log', ...ofEach.map((name) => join('logs', name))];
    const texts = await Promise.all(names.map((name) => this.#read(name)));
    return texts.join('\n');
  }

  /** What PM2 itself has logged: signals, and how the processes ended. */
  told(): Promise<string> {
    return this.#read('pm2.log');
  }

  async #run(args: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const own = { PM2_HOME: this.#home, PM2_DISABLE_VERSION_CHECK: 'true', NO_COLOR: '1' };
    await run(process.execPath, [PROGRAM, ...args], { cwd: this.#home, env: { ...process.env, ...own, ...settings } });
  }

  #file(name: string): string {
    return join(this.#home, name);
  }

  #read(name: string): Promise<string> {
    return readFile(this.#file(name), 'utf8').catch(() => '');
  }

  async #remove(): Promise<void> {
    everythingSaid.hear('the sample under PM2', await this.logged());
    await this.#run(['kill']);
    this.#callOff();
    await rm(this.#home, { recursive: true, force: true });
  }
}
