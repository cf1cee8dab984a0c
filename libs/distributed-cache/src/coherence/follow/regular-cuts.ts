/** So many links in a row that lived equally long are no coincidence. */
const ENOUGH = 3;

/** A link that lives shorter than that was refused rather than cut, in ms. */
const SHORTEST = 250;

/** How much the lifetimes may differ: this many ms, or this share of the longest. */
const TOLERANCE = { milliseconds: 250, share: 0.1 };

/** Notices that links are cut again and again after the same time, as by an idle timeout of something in between. @internal */
export class RegularCuts {
  #lifetimes: number[] = [];

  /**
   * A link was cut by the other side, `lifetime` ms after its first sync. Returns after how long the last links were cut, in ms;
   * `undefined`: not equally long.
   */
  cut(lifetime: number): number | undefined {
    this.#lifetimes = [...this.#lifetimes, lifetime].slice(-ENOUGH);
    if (this.#lifetimes.length < ENOUGH) return undefined;
    const [shortest, longest] = [Math.min(...this.#lifetimes), Math.max(...this.#lifetimes)];
    const tolerance = Math.max(TOLERANCE.milliseconds, TOLERANCE.share * longest);
    return shortest >= SHORTEST && longest - shortest <= tolerance ? longest : undefined;
  }

  /** A link ended in another way, or could not be dialled: it is not only a timeout. */
  startOver(): void {
    this.#lifetimes = [];
  }
}
