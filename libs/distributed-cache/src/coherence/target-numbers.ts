/**
 * The numbers of the invalidations that name one target, or one of several, as far as they are needed: the first and the last. What lies in
 * between is not known, and the answers are on the safe side.
 *
 * @internal
 */
export class TargetNumbers {
  #first = 0;
  #last = 0;
  #lastReceived = 0;

  /** The last of them; 0: there is none. */
  get last(): number {
    return this.#last;
  }

  /** The last one of another instance; 0: there is none. */
  get lastReceived(): number {
    return this.#lastReceived;
  }

  /**
   * Invalidations with numbers from `first` to `last` name the target.
   *
   * @param lastReceived - the last one of another instance; 0: there is none
   * @param askedAfter - nobody asks about numbers up to this one any more
   */
  add(first: number, last: number, lastReceived: number, askedAfter: number): void {
    this.#first = this.#last <= askedAfter ? first : Math.min(this.#first, first);
    this.#last = Math.max(this.#last, last);
    this.#lastReceived = Math.max(this.#lastReceived, lastReceived);
  }

  /**
   * A number after `after`, and not after the first one that is there; `undefined`: there is none.
   *
   * @param isReceived - only those of other instances count
   */
  firstAfter(after: number, isReceived: boolean): number | undefined {
    if ((isReceived ? this.#lastReceived : this.#last) <= after) return undefined;
    return Math.max(this.#first, after + 1);
  }
}
