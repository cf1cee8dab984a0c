import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import { EVERYTHING, type Invalidation } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import { Evictions } from './evictions.js';
import { InstanceLoads } from './instance-loads.js';
import { isMadeValue, type MadeValue, type Origin } from './made-value.js';
import { idOf, type Moment, type Subject } from './moments.js';
import type { SourceTransaction } from './source-transaction.js';
import { Transactions } from './transactions.js';

/** What one instance evicted, applied and stored. Checks every stored value, and the ends of transactions. */
export class InstanceValues extends InstanceLoads {
  readonly evictions = new Evictions();
  /** The transaction in which the running code belongs, its end included. */
  readonly transactions = new Transactions();
  protected timesEvicted = 0;
  /** The value whose size was asked for last: it is stored next, if it is stored. */
  #measured: MadeValue | undefined;
  /** What was stored last for each key. */
  readonly #stored = new Map<string, MadeValue>();
  /** The sequence number of the last eviction that no callback of another operation asked for. */
  #lastOwnEviction = 0;

  /** Called by {@link sizeOf}, for an application that does more there. */
  whenMeasured: (value: MadeValue) => void = () => {};

  /** The setting `sizeOf` of its cache, which the cache calls with each value that it is about to store. */
  readonly sizeOf = (value: unknown): number => {
    if (isMadeValue(value)) {
      this.whenMeasured(value);
      const { transaction } = this;
      if (transaction) transaction.measured.add(value);
      else this.#measures(value);
    }
    return 1;
  };

  override watch(cache: DistributedCache): void {
    super.watch(cache);
    cache.on('evict', ({ invalidation }) => this.#hasEvicted(invalidation));
    cache.on('invalidation', ({ invalidation, from }) => this.#hasApplied(invalidation, 'applies', from));
    cache.on('flush', () => this.#hasApplied(EVERYTHING, 'flushes'));
    cache.on('store', ({ region, key, ttl }) => {
      const value = this.#measured;
      this.#measured = undefined;
      if (value?.origin.region === region && value.origin.key === key) this.hasStored(value, ttl);
      else if (this.transactions.current) this.#hasCommitted(this.transactions.current, { region, key }, ttl);
    });
  }

  /** It is stored in the same turn, if it is. */
  #measures(value: MadeValue): void {
    this.#measured = value;
    queueMicrotask(() => {
      if (this.#measured === value) this.#measured = undefined;
    });
  }

  /** What was stored last for a key. */
  protected storedLast({ region, key }: Subject): MadeValue | undefined {
    return this.#stored.get(idOf(region, key));
  }

  /** The transaction that the running code is a part of. A load in the background is of none, whoever has made it due. */
  protected get transaction(): SourceTransaction | undefined {
    const { current } = this.transactions;
    return current && this.cache.isHoldingEvictions ? current : undefined;
  }

  /** Checks and notes that a value was stored, for `ttl` ms. */
  hasStored(value: MadeValue, ttl = Infinity, overtaken = this.#overtaking(value.origin)): void {
    const { origin } = value;
    this.history.figures.stored += 1;
    this.history.note(this.name, 'stores', origin.kind, origin.id);
    this.checkCommitted(value);
    this.#checkNewest(value);
    origin.expiresAt = this.now() + ttl;
    if (!overtaken) return;
    const details = { ...this.history.describe(value), appliedAt: overtaken.time };
    this.violated('nothing stored that was overtaken', origin, details);
  }

  /**
   * What has overtaken a value that is stored now. From now on, only what comes later overtakes it, if it is a put or a set: these evict their
   * key just before they store. What callbacks evict meanwhile is not a part of that. A later load may say that the value is still correct;
   * it is then stored again.
   */
  #overtaking(origin: Origin): Moment | undefined {
    const isPut = origin.ownEviction === undefined && (origin.kind !== 'load' || this.#isHeldLoad(origin));
    if (!isPut) return this.applied.overtaking(origin, origin.ownEviction, origin.since);
    const overtaken = this.applied.overtaking(origin, this.#lastOwnEviction);
    origin.since = this.history.moment().sequence;
    origin.ownEviction = this.#lastOwnEviction;
    return overtaken;
  }

  /**
   * Whether a load of a transaction becomes a copy just after the evictions of that, none of which is meant for it: they may have been
   * widened, because there were too many.
   */
  #isHeldLoad(origin: Origin): boolean {
    const transaction = this.transactions.current;
    return transaction !== undefined && transaction.targets.length > 0 && !transaction.hasEvicted(origin);
  }

  /** Notes that a loader has been told that `value` is still correct, and gives it as its result. */
  keeps({ origin }: MadeValue): void {
    origin.isKept = true;
    this.history.note(this.name, 'keeps', origin.kind, origin.id);
  }

  /** Checks that all that `transaction` evicted has taken effect since its commit. */
  expectEvicted({ targets }: SourceTransaction, committed: Moment): void {
    for (const target of targets) {
      if (this.evictions.hasEvicted(target, committed)) continue;
      const details = { target, why: 'it was not evicted since the commit' };
      this.violated('only what was committed', { region: '', key: '' }, details);
    }
  }

  #hasEvicted(invalidation: Invalidation): void {
    this.timesEvicted += 1;
    this.history.figures.evictions += 1;
    const moment = this.#hasApplied(invalidation, 'evicts');
    if (this.transaction?.isOpen) {
      const details = { invalidation, why: 'it was evicted before the commit' };
      this.violated('only what was committed', { region: '', key: '' }, details);
    }
    if (!this.isInCallback) this.#lastOwnEviction = moment.sequence;
    this.evictions.add(invalidation, moment, this.call);
  }

  #hasApplied(invalidation: Invalidation, what: string, from = ''): Moment {
    const moment = this.history.moment();
    this.applied.add(invalidation, moment);
    this.flights.applied(invalidation);
    this.history.note(this.name, what, from, invalidation);
    return moment;
  }

  /** Checks that the rows of `value` were committed, or are seen by the transaction that reads them. */
  protected checkCommitted(value: MadeValue, within?: SourceTransaction): void {
    const { source } = this.history;
    for (const { row, version } of value.parts) {
      const own = within?.versionOf(row);
      const isOverwritten = own !== undefined && own !== version && within?.hasEvicted(value.origin);
      if (!isOverwritten && source.isVisible(row, version, within)) continue;
      const promise = isOverwritten ? 'read your own evictions' : 'only what was committed';
      this.violated(promise, value.origin, { ...this.history.describe(value), row, version, own });
    }
  }

  /** Checks that a load that has timed out does not replace the result of a later one. */
  #checkNewest(value: MadeValue): void {
    const { origin } = value;
    const id = idOf(origin.region, origin.key);
    const before = this.#stored.get(id);
    this.#stored.set(id, value);
    if (!before || before === value || this.isBounded || origin.isKept || origin.flight?.isApart) return;
    const { flight, expiresAt = 0 } = before.origin;
    // The age of what is made of copies is theirs.
    if (!flight || flight.hasNested || flight.isApart || origin.kind !== 'load') return;
    if (this.now() >= expiresAt || origin.began.time >= flight.asked.time) return;
    if (this.applied.overtaking(before.origin, undefined, before.origin.since)) return;
    const details = { ...this.history.describe(value), before: this.history.describe(before) };
    this.violated('nothing stored that was overtaken', origin, details);
  }

  /**
   * A value becomes a copy at the end of a transaction: one of those that were measured in it. The read by which it is seen is counted; while
   * the lease is over, it finds nothing.
   */
  #hasCommitted({ measured }: SourceTransaction, { region, key }: Subject, ttl: number): void {
    const candidates = [...measured].filter(({ origin }) => origin.region === region && origin.key === key);
    // Before the read, which may begin a load that is given the value as its previous one.
    const overtaking = new Map(candidates.map((value) => [value, this.#overtaking(value.origin)]));
    this.#stored.delete(idOf(region, key));
    this.counts.of(region).reads += 1;
    const value = this.cache.region(region).getSync(key);
    if (isMadeValue(value)) this.hasStored(value, ttl, overtaking.get(value));
    else for (const { origin } of candidates) origin.expiresAt = this.now() + ttl;
  }
}
