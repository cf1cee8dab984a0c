import { errorFrom } from '../../common/error-from.js';
import type { InvalidationLink } from '../../protocol/invalidation-bridge.js';

interface Waiting {
  reached(this: void): void;
  missed(this: void, reason: string): void;
}

/**
 * Asks whether enough replicas have what was published. One question at a time, for all that was accepted before it: an answer takes
 * as long as the slowest replica that is waited for, and many at once would only stand in line.
 *
 * @internal
 */
export class Replication {
  readonly #link: InvalidationLink;
  readonly #replicas: number;
  readonly #timeout: number;
  #waiting: Waiting[] = [];
  #isAsking = false;

  /** @param replicas - how many are enough; with `0` nobody is asked */
  constructor(link: InvalidationLink, replicas: number, timeout: number) {
    this.#link = link;
    this.#replicas = replicas;
    this.#timeout = timeout;
  }

  /** Calls `reached` once enough replicas have all that was accepted until now, or `missed` when too few have it in time. */
  reached(reached: () => void, missed: (reason: string) => void): void {
    if (this.#replicas === 0) return reached();
    this.#waiting.push({ reached, missed });
    if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      const asking = this.#waiting;
      this.#waiting = [];
      const reason = await this.#missing();
      for (const { reached, missed } of asking)
        if (reason === undefined) reached();
        else missed(reason);
    }
    this.#isAsking = false;
  }

  async #missing(): Promise<string | undefined> {
    try {
      const replicas = await this.#link.replicated(this.#replicas, this.#timeout);
      return replicas < this.#replicas ? `${replicas} of minReplicas (${this.#replicas}) replicas do` : undefined;
    } catch (error) {
      return `the replicas could not be asked: ${errorFrom(error).message}`;
    }
  }
}
