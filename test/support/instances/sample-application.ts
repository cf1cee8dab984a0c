import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPortFree } from '../../../tools/ports.mjs';
import { everythingSaid } from '../secrets/everything-said.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface SampleOptions {
  /** What to run. Default: what `npm start` runs, once it is built. */
  command?: readonly [string, ...string[]] | undefined;
  /** Default: none, so that the script starts one of its own. */
  redisConnectionString?: string | undefined;
  /** Default: 3. */
  instances?: number | undefined;
  /** The port of the front door; the instances take those after it. Default: a free one. */
  port?: number | undefined;
  /** Further environment variables. */
  environment?: Readonly<Record<string, string>> | undefined;
}

/** The scaled-out sample application, run as a user would run it, on free ports and a catalogue of its own. */
export class SampleApplication {
  readonly frontDoor: string;
  /** The addresses of the instances themselves. */
  readonly instances: readonly string[];
  readonly ports: readonly number[];
  /** The file of its catalogue. */
  readonly databaseFile: string;
  /** Resolves to the exit code, or to the signal, once the supervisor is gone. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  readonly #process: ChildProcess;
  readonly #directory: string;
  #output = '';

  private constructor(child: ChildProcess, ports: readonly number[], directory: string) {
    this.#process = child;
    this.#directory = directory;
    this.ports = ports;
    this.databaseFile = databaseFileIn(directory);
    const [frontDoor = '', ...instances] = ports.map((port) => `http://127.0.0.1:${port}`);
    this.frontDoor = frontDoor;
    this.instances = instances;
    this.exited = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
    child.once('close', () => everythingSaid.hear('the sample application', this.#output));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.#output += String(chunk)));
  }

  /** Starts it and returns at once; see {@link startSample}. */
  static async spawn(options: SampleOptions = {}): Promise<SampleApplication> {
    const { command = [process.execPath, 'scripts/start.mjs'], instances = 3, redisConnectionString = '' } = options;
    const port = options.port ?? (await consecutiveFreePorts(instances + 1));
    const directory = await mkdtemp(join(tmpdir(), 'sample-application-'));
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd: ROOT,
      // A process group of its own, so that a test can do to it what Ctrl-C in a terminal does.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // Set, if empty, so that no `.env` of the developer's decides.
        RedisConnectionString: redisConnectionString,
        PORT: `${port}`,
        INSTANCES: `${instances}`,
        SOURCE_LATENCY_MS: '0',
        DATABASE_FILE: databaseFileIn(directory),
        ...options.environment,
      },
    });
    const ports = Array.from({ length: instances + 1 }, (_, index) => port + index);
    return new SampleApplication(child, ports, directory);
  }

  /** All it has printed so far. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('The sample application did not start.');
    return this.#process.pid;
  }

  /** Resolves once it has printed the text. */
  async untilPrinted(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => void (this.#output.includes(text) && resolve());
      this.#process.stdout?.on('data', check);
      this.#process.stderr?.on('data', check);
      void this.exited.then((code) =>
        reject(new Error(`It ended (${code}) before it said "${text}":\n${this.#output}`)),
      );
      check();
    });
  }

  /** Sends a signal to the supervisor alone. */
  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Does what Ctrl-C in a terminal does: the whole process group gets the signal. */
  pressCtrlC(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Stops it in good order and removes its catalogue. */
  async stop(): Promise<void> {
    this.kill('SIGINT');
    await this.exited;
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Starts the sample application and waits until it serves. */
export async function startSample(options?: SampleOptions): Promise<SampleApplication> {
  const sample = await SampleApplication.spawn(options);
  await sample.untilPrinted('Ctrl-C stops everything.');
  return sample;
}

function databaseFileIn(directory: string): string {
  return join(directory, 'catalogue.sqlite');
}

/** The first of `count` ports in a row that are free. */
export async function consecutiveFreePorts(count: number): Promise<number> {
  for (;;) {
    // Below the range that systems take ports for outgoing connections from.
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isPortFree(first + index)));
    if (free.every(Boolean)) return first;
  }
}
