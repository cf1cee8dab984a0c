import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** An instance of the application in a process of its own: what is done to it, the test process does not feel. */
export class ChildInstance {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.#exited = once(child, 'exit');
  }

  /** Starts it and waits until it is coherent. */
  static async start(connectionString: string, maxStaleness: number): Promise<ChildInstance> {
    const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    const args = [path('child-main.ts'), connectionString, `${maxStaleness}`];
    const child = new ChildInstance(fork(path('run-typescript.mjs'), args, { serialization: 'json' }));
    await child.answer();
    return child;
  }

  /** Its next answer. Rejects when it dies instead. */
  answer(): Promise<unknown> {
    const died = this.#exited.then(() => Promise.reject(new Error('the instance died')));
    return Promise.race([once(this.#process, 'message').then(([message]: unknown[]) => message), died]);
  }

  /** Tells it to do something and resolves with its answer. */
  tell(verb: string, ...args: readonly string[]): Promise<unknown> {
    const answer = this.answer();
    this.#process.send([verb, ...args]);
    return answer;
  }

  /** Without a word to anybody. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}
