interface Waiting {
  /** How many more failures to wait for. */
  tries: number;
  resolve(): void;
  reject(cause: Error): void;
}

/** Whether this instance has ever completed a sync, and the promises of those who wait for that. @internal */
export class FirstSync {
  #outcome: 'none' | 'failed' | 'succeeded' = 'none';
  #waiting: Waiting[] = [];
  #lastFailure: Error | undefined;

  /** Whether a sync has succeeded or failed. From then on results may be stored: the lease bounds how long they are served. */
  get isSettled(): boolean {
    return this.#outcome !== 'none';
  }

  /** Whether a sync has ever succeeded. */
  get hasSucceeded(): boolean {
    return this.#outcome === 'succeeded';
  }

  /** Why the last attempt has failed; `undefined`: none has. */
  get lastFailure(): Error | undefined {
    return this.#lastFailure;
  }

  /** Resolves when a sync has succeeded; rejects with the last failure when `tries` more attempts have failed. */
  wait(tries: number): Promise<void> {
    if (this.#outcome === 'succeeded') return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ tries, resolve, reject }));
  }

  succeeded(): void {
    this.#outcome = 'succeeded';
    this.#lastFailure = undefined;
    for (const waiting of this.#waiting) waiting.resolve();
    this.#waiting = [];
  }

  failed(cause: Error): void {
    if (this.#outcome === 'none') this.#outcome = 'failed';
    this.#lastFailure = cause;
    for (const waiting of this.#waiting) {
      waiting.tries -= 1;
      if (waiting.tries <= 0) waiting.reject(cause);
    }
    this.#waiting = this.#waiting.filter((waiting) => waiting.tries > 0);
  }
}
