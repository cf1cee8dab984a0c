import { errorFrom } from '../../../common/error-from.js';
import type { InvalidationLink } from '../../../protocol/invalidation-bridge.js';

/** Called when the answer is known; exactly one of the two. */
interface Waiting {
  reached(this: void): void;
  missed(this: void, reason: string): void;
}

/**
 * Asks whether enough replicas have what was published. It asks one question at a time, on behalf of every message that the log accepted
 * before: an answer takes as long as the slowest replica, so several questions would only wait for each other.
 *
 * @internal
 */
export class Replication {
  readonly #link: InvalidationLink;
  readonly #replicas: number;
  readonly #timeout: number;
  #waiting: Waiting[] = [];
  #isAsking = false;

  /**
   * @param replicas - how many are enough; `0`: nobody is asked
   * @param timeout - how long to wait for them, in ms
   */
  constructor(link: InvalidationLink, replicas: number, timeout: number) {
    this.#link = link;
    this.#replicas = replicas;
    this.#timeout = timeout;
  }

  /** Calls `reached` once enough replicas have everything that was accepted so far, or `missed` when too few have it in time. */
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
