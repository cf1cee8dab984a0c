import type { Redis } from 'ioredis';
import type { ServerScript } from './server-script.js';

/** One run of a script. */
interface Request {
  readonly script: ServerScript;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  attempts: number;
  resolve(this: void, answer: unknown): void;
  reject(this: void, error: Error): void;
}

/** Runs scripts over one connection, in the order of the calls, also if the server has forgotten a script in between. @internal */
export class ScriptRuns {
  readonly #redis: Redis;
  readonly #explain: (error: unknown) => Error;
  /** The scripts that the server knows by their digests. */
  readonly #knownScripts = new Set<ServerScript>();
  /** Those without an answer, in the order in which they were sent. */
  readonly #requests = new Set<Request>();

  /** @param explain - makes the error to report of an error of ioredis */
  constructor(redis: Redis, explain: (error: unknown) => Error) {
    this.#redis = redis;
    this.#explain = explain;
  }

  /** Resolves with the answer of the server, and rejects with an error that is explained. */
  run(script: ServerScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request: Request = { script, keys, args, attempts: 0, resolve, reject };
      this.#requests.add(request);
      this.#send(request);
    });
  }

  #send(request: Request): void {
    const { script, keys, args } = request;
    request.attempts += 1;
    const attempt = request.attempts;
    const settle = (conclude: () => void): void => {
      // It was sent again, and only that answer counts.
      if (attempt !== request.attempts) return;
      this.#requests.delete(request);
      conclude();
    };
    script.run(this.#redis, this.#knownScripts, keys, args).then(
      (answer) => settle(() => request.resolve(answer)),
      (error: unknown) => {
        const isForgotten = error instanceof Error && error.message.startsWith('NOSCRIPT');
        if (isForgotten && attempt === request.attempts) this.#sendAgainFrom(request);
        else settle(() => request.reject(this.#explain(error)));
      },
    );
  }

  /**
   * The server has forgotten the scripts: after SCRIPT FLUSH, for example. What was sent after `first` is sent again as well, since another
   * instance may have taught the server the script meanwhile, and the log would hold a part of an eviction behind later ones.
   */
  #sendAgainFrom(first: Request): void {
    this.#knownScripts.clear();
    let isLater = false;
    for (const request of this.#requests) {
      isLater ||= request === first;
      if (isLater) this.#send(request);
    }
  }
}
