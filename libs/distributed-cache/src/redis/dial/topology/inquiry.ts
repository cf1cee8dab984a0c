import { errorFrom } from '../../../common/error-from.js';
import { agreementOf, type NamedPrimary } from './agreement.js';
import type { Sentinel } from './sentinel.js';

/** One question to all sentinels. @internal */
export class Inquiry {
  readonly answers: NamedPrimary[] = [];
  /** The sentinels that have neither answered nor failed. */
  readonly open: Set<Sentinel>;
  /** Resolves with the first answer, or when all sentinels have failed. */
  readonly begun: Promise<void>;
  /** Resolves when most of all sentinels agree, or when none of those that somebody waits for is open. */
  readonly decided: Promise<void>;
  readonly #failures = new Map<Sentinel, Error>();
  readonly #sentinels: readonly Sentinel[];
  readonly #awaited: Set<Sentinel>;
  readonly #majority: number;
  #begin: () => void = () => {};
  #decide: () => void = () => {};

  /**
   * @param ask - asks one sentinel
   * @param silent - the sentinels that nobody waits for
   */
  constructor(
    sentinels: readonly Sentinel[],
    ask: (sentinel: Sentinel) => Promise<NamedPrimary>,
    silent: ReadonlySet<Sentinel>,
  ) {
    this.#sentinels = sentinels;
    this.open = new Set(sentinels);
    this.#awaited = new Set(sentinels.filter((sentinel) => !silent.has(sentinel)));
    this.#majority = Math.floor(sentinels.length / 2) + 1;
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.decided = new Promise((resolve) => (this.#decide = resolve));
    for (const sentinel of sentinels) {
      ask(sentinel).then(
        (answer) => this.#answered(sentinel, answer),
        (error: unknown) => this.#failed(sentinel, errorFrom(error)),
      );
    }
    if (this.#awaited.size === 0) this.#decide();
  }

  /** Of the sentinels that have failed, in the order of the sentinels. */
  get failures(): readonly Error[] {
    return this.#sentinels.flatMap((sentinel) => this.#failures.get(sentinel) ?? []);
  }

  #answered(sentinel: Sentinel, answer: NamedPrimary): void {
    this.answers.push(answer);
    this.#begin();
    if ((agreementOf(this.answers)?.votes ?? 0) >= this.#majority) this.#decide();
    this.#settled(sentinel);
  }

  #failed(sentinel: Sentinel, failure: Error): void {
    this.#failures.set(sentinel, failure);
    this.#settled(sentinel);
  }

  #settled(sentinel: Sentinel): void {
    this.open.delete(sentinel);
    this.#awaited.delete(sentinel);
    if (this.open.size === 0) this.#begin();
    if (this.#awaited.size === 0) this.#decide();
  }
}
