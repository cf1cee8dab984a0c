import type { CancelTimer, Clock } from '../common/clock.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import { Outbox } from '../coherence/publish/outbox.js';
import type { CacheSettings } from './settings.js';

interface Batch {
  readonly due: number;
  readonly targets: readonly InvalidationTarget[];
}

/**
 * Evicts a second time, a little later (`reevictAfter`): a value that was loaded in between may have come from a read replica of the
 * source that lagged behind.
 *
 * Bounded as the outbox is: beyond `outboxLimit` targets they are widened, and what is left is due when the last of them would be.
 *
 * @internal
 */
export class DelayedReevictions {
  readonly #delay: number | undefined;
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #evict: (targets: readonly InvalidationTarget[]) => void;
  #batches: Batch[] = [];
  #size = 0;
  #cancel: CancelTimer | undefined;

  constructor(
    { reevictAfter, outboxLimit }: Pick<CacheSettings, 'reevictAfter' | 'outboxLimit'>,
    clock: Clock,
    evict: (targets: readonly InvalidationTarget[]) => void,
  ) {
    this.#delay = reevictAfter;
    this.#limit = outboxLimit;
    this.#clock = clock;
    this.#evict = evict;
  }

  later(targets: readonly InvalidationTarget[]): void {
    if (this.#delay === undefined) return;
    this.#batches.push({ due: this.#clock.now() + this.#delay, targets });
    this.#size += targets.length;
    if (this.#size > this.#limit) this.#widen();
    this.#cancel ??= this.#clock.schedule(() => this.#run(), this.#delay);
  }

  /** Carries out all pending evictions at once: at shutdown, early is better than never. */
  now(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const targets = this.#batches.flatMap((batch) => batch.targets);
    this.#batches = [];
    this.#size = 0;
    if (targets.length > 0) this.#evict(targets);
  }

  #run(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    const next = this.#batches.findIndex((batch) => batch.due > now);
    const due = this.#batches.splice(0, next === -1 ? this.#batches.length : next).flatMap((batch) => batch.targets);
    this.#size -= due.length;
    const [first] = this.#batches;
    if (first) this.#cancel = this.#clock.schedule(() => this.#run(), first.due - now);
    if (due.length > 0) this.#evict(due);
  }

  #widen(): void {
    const targets = new Outbox(this.#limit);
    for (const batch of this.#batches) for (const target of batch.targets) targets.add(target);
    const due = this.#batches.at(-1)?.due ?? this.#clock.now();
    this.#batches = [{ due, targets: targets.targets() }];
    this.#size = targets.size;
  }
}
