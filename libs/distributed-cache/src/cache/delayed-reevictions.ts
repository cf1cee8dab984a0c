import type { CancelTimer, Clock } from '../common/clock.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import { Outbox } from '../coherence/publish/outbox.js';
import type { CacheSettings } from './settings.js';

/** The evictions of one tick: what belongs together is evicted together again. */
interface Batch {
  due: number;
  readonly targets: InvalidationTarget[];
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
  /** The batch of this tick. */
  #open: Batch | undefined;
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
    this.#openBatch().due = this.#clock.now() + this.#delay;
    for (const target of targets) this.#openBatch().targets.push(target);
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
    this.#open = undefined;
    this.#size = 0;
    if (targets.length > 0) this.#evict(targets);
  }

  #openBatch(targets: readonly InvalidationTarget[] = []): Batch {
    if (this.#open) return this.#open;
    const batch: Batch = { due: 0, targets: [...targets] };
    this.#batches.push(batch);
    this.#open = batch;
    queueMicrotask(() => {
      if (this.#open === batch) this.#open = undefined;
    });
    return batch;
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
    this.#batches = [];
    this.#open = undefined;
    this.#openBatch(targets.targets()).due = due;
    this.#size = targets.size;
  }
}
