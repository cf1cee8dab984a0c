import type { Clock } from '../../common/clock.js';
import { ScopeStorage } from '../../common/scope-storage.js';
import type { ServedIn } from '../../coherence/coherence.js';

/** What a callback can wait for: a load or a put, which runs in an execution of its own. @internal */
export interface Awaited {
  readonly execution: Execution;
}

interface KeySet {
  has(key: string): boolean;
}

/** Most callbacks are served nothing in a group. */
const NOWHERE: readonly ServedIn[] = [];

/**
 * One run of a callback of the application: the loader of a load, or the method of a put. Everything that the callback calls can ask
 * which execution it belongs to.
 *
 * Nothing here is recursive, and an execution lets go of its parent when it ends: loaders may start each other in chains of any length.
 *
 * @internal
 */
export class Execution {
  /** Monotonic ms. */
  readonly startedAt: number;
  #region: object | undefined;
  #keys: string | KeySet | undefined;
  #parent: Execution | undefined;
  #isRunning = false;
  #hasEnded = false;
  #loadedAt: number;
  #loadedAtSoFar: number;
  #madeSince: number;
  #servedIn: readonly ServedIn[] = NOWHERE;
  /** The executions that wait for this one, and for how many of its loads each. Created on first use: most are waited for by nobody. */
  #waiters: Map<Execution, number> | undefined;
  /** The executions that this one waits for. */
  #waitsFor: Set<Execution> | undefined;

  /**
   * @param startedAt - monotonic ms
   * @param parent - the execution in whose callback this one is started
   * @param region - the region that it loads; `undefined` for a put
   * @param keys - the canonical keys that it loads; `undefined` for a put
   */
  constructor(startedAt: number, parent: Execution | undefined, region?: object, keys?: string | KeySet) {
    this.startedAt = startedAt;
    this.#loadedAt = startedAt;
    this.#loadedAtSoFar = startedAt;
    this.#madeSince = startedAt;
    this.#parent = parent;
    this.#region = region;
    this.#keys = keys;
  }

  /** Whether the callback is running. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The execution in whose callback this one was started; `undefined` once that has ended: it does not wait for this one. */
  get parent(): Execution | undefined {
    const parent = this.#parent;
    return parent && !parent.#hasEnded ? parent : undefined;
  }

  /** The result was correct at some moment not before this (monotonic ms): the start, or earlier when a copy was served on the way. */
  get loadedAt(): number {
    return this.#loadedAt;
  }

  /**
   * {@link loadedAt}, as far as it is known while the callback runs: a load that the callback waits for may turn out older, and would
   * then make this result older, too.
   */
  get loadedAtSoFar(): number {
    return this.#loadedAtSoFar;
  }

  /**
   * When the oldest part of the result was loaded, as far as it is known (monotonic ms). {@link loadedAt} may be later: the lease vouches that
   * no eviction of the part has reached the log since, but one may be on its way.
   */
  get madeSince(): number {
    return this.#madeSince;
  }

  /** The groups of invalidations that were open when the callback, or one that it waits for, was served something. */
  get servedIn(): readonly ServedIn[] {
    return this.#servedIn;
  }

  begin(): void {
    this.#isRunning = true;
  }

  /** Lets go of everything: code that the callback has left behind may hold this execution for ever. */
  end(): void {
    this.#isRunning = false;
    this.#hasEnded = true;
    this.#parent = undefined;
    this.#region = undefined;
    this.#keys = undefined;
    this.#waiters = undefined;
    this.#waitsFor = undefined;
  }

  /**
   * The callback was served a copy that was correct at `moment`. Its own result is then as old as that copy: nested loads must not add up
   * their staleness.
   */
  noteStaleAsOf(moment: number): void {
    if (moment >= this.#loadedAt) return;
    this.#loadedAt = moment;
    this.#lowerSoFar(moment);
    // What it runs inside of may be that old already; then everything further out is, too.
    for (let each = this.parent; each && moment < each.#loadedAt; each = each.parent) each.#loadedAt = moment;
  }

  /** The result is made of something whose oldest part was loaded at `moment`. */
  noteMadeOf(moment: number): void {
    if (moment >= this.#madeSince) return;
    this.#madeSince = moment;
    for (let each = this.parent; each && moment < each.#madeSince; each = each.parent) each.#madeSince = moment;
  }

  /** The callback was served something while a group was open; so was whatever waits for it. */
  noteServedIn(servedIn: ServedIn | undefined): void {
    if (!servedIn || this.#wasServedIn(servedIn)) return;
    const noted = new Set<Execution>([this]);
    for (const each of noted) {
      each.#servedIn = [...each.#servedIn, servedIn];
      const { parent } = each;
      if (parent && !parent.#wasServedIn(servedIn)) noted.add(parent);
      for (const waiter of each.#waiters?.keys() ?? []) if (!waiter.#wasServedIn(servedIn)) noted.add(waiter);
    }
  }

  /** Whether this execution, or one that it runs inside, loads the key. */
  isLoading(region: object, key: string): boolean {
    if (this.#loads(region, key)) return true;
    for (let each = this.parent; each; each = each.parent) if (each.#loads(region, key)) return true;
    return false;
  }

  /** Waits for `outcome`, which `awaited` leads to; meanwhile it is known that this execution waits. */
  async waitFor<T>(awaited: Awaited, outcome: Promise<T>): Promise<T> {
    this.beginWaitingFor(awaited);
    try {
      return await outcome;
    } finally {
      this.endWaitingFor(awaited);
    }
  }

  beginWaitingFor({ execution }: Awaited): void {
    const waiters = (execution.#waiters ??= new Map());
    waiters.set(this, (waiters.get(this) ?? 0) + 1);
    this.#waitsFor ??= new Set();
    this.#waitsFor.add(execution);
    this.#lowerSoFar(execution.#loadedAtSoFar);
    for (const servedIn of execution.#servedIn) this.noteServedIn(servedIn);
  }

  endWaitingFor({ execution }: Awaited): void {
    const times = execution.#waiters?.get(this) ?? 0;
    if (times > 1) {
      execution.#waiters?.set(this, times - 1);
      return;
    }
    execution.#waiters?.delete(this);
    this.#waitsFor?.delete(execution);
  }

  /**
   * Whether it waits, directly or through other loads, for what `other` belongs to. It looks from both sides, each time where there is less
   * to look at: a load may wait for thousands, and thousands may wait for a load.
   */
  awaits(other: Execution): boolean {
    // Nothing joins what would close a circle. So a loader that has joined this once need not look again, whatever waits for either.
    if (other.#waitsFor?.has(this)) return false;
    const ahead = new Set<Execution>([this]);
    const behind = new Set<Execution>([other]);
    const fromHere = ahead.values();
    const fromThere = behind.values();
    // The sets grow while they are walked.
    let here = fromHere.next();
    let there = fromThere.next();
    while (!here.done && !there.done) {
      if ((here.value.#waitsFor?.size ?? 0) <= (there.value.#waiters?.size ?? 0)) {
        for (const awaited of here.value.#waitsFor ?? []) ahead.add(awaited);
        here = fromHere.next();
      } else {
        const { parent } = there.value;
        if (parent) behind.add(parent);
        for (const waiter of there.value.#waiters?.keys() ?? []) behind.add(waiter);
        there = fromThere.next();
      }
    }
    return here.done ? other.#isInsideOneOf(ahead) : behind.has(this);
  }

  #isInsideOneOf(others: ReadonlySet<Execution>): boolean {
    if (others.has(this)) return true;
    for (let each = this.parent; each; each = each.parent) if (others.has(each)) return true;
    return false;
  }

  /** Lowers {@link loadedAtSoFar}, here and in everything that waits for this. */
  #lowerSoFar(moment: number): void {
    if (moment >= this.#loadedAtSoFar) return;
    const lowered = new Set<Execution>([this]);
    for (const each of lowered) {
      each.#loadedAtSoFar = moment;
      const { parent } = each;
      if (parent && moment < parent.#loadedAtSoFar) lowered.add(parent);
      for (const waiter of each.#waiters?.keys() ?? []) if (moment < waiter.#loadedAtSoFar) lowered.add(waiter);
    }
  }

  #wasServedIn({ group }: ServedIn): boolean {
    return this.#servedIn.some((known) => known.group === group);
  }

  #loads(region: object, key: string): boolean {
    if (this.#region !== region) return false;
    return typeof this.#keys === 'string' ? this.#keys === key : (this.#keys?.has(key) ?? false);
  }
}

/** Tells which execution the running code belongs to. @internal */
export class Executions {
  readonly #scopes: ScopeStorage<Execution>;

  constructor(clock: Clock) {
    this.#scopes = new ScopeStorage(clock);
  }

  get current(): Execution | undefined {
    const execution = this.#scopes.current;
    // Code that the callback started and did not await belongs to no execution once the callback has ended.
    return execution?.isRunning ? execution : undefined;
  }

  run<T>(execution: Execution, callback: () => T): T {
    execution.begin();
    return this.#scopes.run(execution, callback);
  }

  /** Runs `callback` in no execution. */
  outside<T>(callback: () => T): T {
    return this.#scopes.outside(callback);
  }

  /** May be called several times for one execution: the loads of a batch share one, and each ends it. */
  end(execution: Execution): void {
    if (!execution.isRunning) return;
    execution.end();
    this.#scopes.close();
  }
}
