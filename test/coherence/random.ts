/** A source of chance that a seed decides: the same seed, the same schedule (splitmix32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** At least 0, below 1. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(from: readonly [T, ...T[]]): T;
  pick<T>(from: readonly T[]): T | undefined;
  pick<T>(from: readonly T[]): T | undefined {
    return from[this.between(0, from.length - 1)];
  }

  /** About half of them, at least one: a schedule that does everything at once hides what a few things together do. */
  some<T>(from: readonly T[]): T[] {
    const chosen = from.filter(() => this.chance(0.5));
    return chosen.length > 0 ? chosen : from.slice(0, 1);
  }

  /** One, two, four or about half of them: what one kind of thing does again and again is another story than what many do once. */
  few<T>(from: readonly T[]): T[] {
    const most = this.pick([1, 2, 4, from.length]);
    if (most === from.length) return this.some(from);
    return Array.from({ length: most }, () => this.pick(from)).filter((chosen) => chosen !== undefined);
  }

  /** Each as often as its weight says. */
  weighted<T extends { readonly weight: number }>(from: readonly T[]): T | undefined {
    let left = this.next() * from.reduce((sum, { weight }) => sum + weight, 0);
    return from.find(({ weight }) => (left -= weight) < 0);
  }
}

/** How long a fault lasts, in ms: often about as long as the lease is, or the time-outs. */
export function aWhile(random: Random): number {
  return random.pick([random.between(1, 300), random.between(300, 2_500), random.between(2_500, 7_000)]);
}

/** Runs `callback` while all that calls `Math.random`, the library's back-off and jitter, draws from `random`. */
export async function drawingFrom<T>(random: Random, callback: () => Promise<T>): Promise<T> {
  const { random: original } = Math;
  Math.random = random.next;
  try {
    return await callback();
  } finally {
    Math.random = original;
  }
}
