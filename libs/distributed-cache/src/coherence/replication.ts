import type { InvalidationLink } from './invalidation-bridge.js';

interface Waiting {
  resolve(replicas: number): void;
  reject(error: Error): void;
}

/**
 * Asks how many replicas have what was published. One question at a time, for all that was accepted before it: an answer takes as long
 * as the slowest replica that is waited for, and many at once would only stand in line.
 *
 * @internal
 */
export class Replication {
  readonly #link: InvalidationLink;
  readonly #replicas: number;
  readonly #timeout: number;
  #waiting: Waiting[] = [];
  #isAsking = false;

  constructor(link: InvalidationLink, replicas: number, timeout: number) {
    this.#link = link;
    this.#replicas = replicas;
    this.#timeout = timeout;
  }

  /** Resolves with how many replicas have all that was accepted until now. */
  reached(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#isAsking) this.#ask();
    });
  }

  #ask(): void {
    const asking = this.#waiting;
    this.#waiting = [];
    this.#isAsking = true;
    this.#link
      .replicated(this.#replicas, this.#timeout)
      .then(
        (replicas) => asking.forEach((each) => each.resolve(replicas)),
        (error: Error) => asking.forEach((each) => each.reject(error)),
      )
      .finally(() => {
        this.#isAsking = false;
        if (this.#waiting.length > 0) this.#ask();
      });
  }
}
