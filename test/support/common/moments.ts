/** When something happened, as often as it did. Times in ms. */
export class Moments {
  readonly #times: number[] = [];

  add(time: number): void {
    this.#times.push(time);
  }

  get count(): number {
    return this.#times.length;
  }

  /** How often it happened within `window` ms at most, wherever that begins. */
  mostWithin(window: number): number {
    const times = this.#times.toSorted((one, other) => one - other);
    let first = 0;
    let most = 0;
    for (const [last, time] of times.entries()) {
      while ((times[first] ?? time) <= time - window) first += 1;
      most = Math.max(most, last - first + 1);
    }
    return most;
  }
}
