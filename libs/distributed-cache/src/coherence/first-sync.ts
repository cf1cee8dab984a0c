interface Waiting {
  tries: number;
  resolve(): void;
  reject(cause: Error): void;
}

/** Whether this instance has ever learnt where the log stands, and those who wait to know. @internal */
export class FirstSync {
  #outcome: 'none' | 'failed' | 'succeeded' = 'none';
  #waiting: Waiting[] = [];

  /** It has been tried: with what was loaded from now on, the lease alone is concerned. */
  get isSettled(): boolean {
    return this.#outcome !== 'none';
  }

  /** Resolves with the first success; rejects with the last failure when `tries` more attempts have failed. */
  wait(tries: number): Promise<void> {
    if (this.#outcome === 'succeeded') return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ tries, resolve, reject }));
  }

  succeeded(): void {
    this.#outcome = 'succeeded';
    for (const waiting of this.#waiting) waiting.resolve();
    this.#waiting = [];
  }

  failed(cause: Error): void {
    if (this.#outcome === 'none') this.#outcome = 'failed';
    for (const waiting of this.#waiting) {
      waiting.tries -= 1;
      if (waiting.tries <= 0) waiting.reject(cause);
    }
    this.#waiting = this.#waiting.filter((waiting) => waiting.tries > 0);
  }
}
