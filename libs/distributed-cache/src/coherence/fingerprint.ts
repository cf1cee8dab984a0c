const REGION = 0x9e37;
const TAG = 0x7f4a;
/** Stands between the names of a region and of a key. No UTF-16 unit is as large. */
const BETWEEN = 0x1_0000;
const ONE = 0x9e37_79b1;
const OTHER = 0x5f35_6495;

/**
 * Names a target by 64 bits, in place of its text: so many targets can be remembered without keeping their texts alive. Two targets may
 * share a fingerprint, however rarely, so it may only be used where one target more does no harm.
 *
 * It is computed into {@link one} and {@link other}: an object for each would cost more than the rest.
 *
 * @internal
 */
export class Fingerprint {
  one = 0;
  other = 0;
  /** The state after the name of a region: most targets that follow each other are keys of one region. */
  #region: string | undefined;
  #regionOne = 0;
  #regionOther = 0;

  ofRegion(region: string): void {
    this.#inRegion(region);
    this.#finish();
  }

  ofKey(region: string, key: string): void {
    this.#inRegion(region);
    this.#mix(BETWEEN);
    this.#mixText(key);
    this.#finish();
  }

  ofTag(tag: string): void {
    this.#start(TAG);
    this.#mixText(tag);
    this.#finish();
  }

  #inRegion(region: string): void {
    if (region !== this.#region) {
      this.#start(REGION);
      this.#mixText(region);
      this.#region = region;
      this.#regionOne = this.one;
      this.#regionOther = this.other;
    }
    this.one = this.#regionOne;
    this.other = this.#regionOther;
  }

  #start(kind: number): void {
    this.one = kind;
    this.other = ~kind;
  }

  #mixText(text: string): void {
    let { one, other } = this;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      one = Math.imul(one ^ unit, ONE);
      other = Math.imul(other ^ unit, OTHER);
    }
    this.one = one;
    this.other = other;
  }

  #mix(unit: number): void {
    this.one = Math.imul(this.one ^ unit, ONE);
    this.other = Math.imul(this.other ^ unit, OTHER);
  }

  #finish(): void {
    const { one, other } = this;
    this.one = (Math.imul(one ^ (one >>> 16), 0x85eb_ca6b) ^ Math.imul(other ^ (other >>> 13), 0xc2b2_ae35)) >>> 0;
    this.other = (Math.imul(other ^ (other >>> 16), 0x85eb_ca6b) ^ Math.imul(one ^ (one >>> 13), 0xc2b2_ae35)) >>> 0;
  }
}
