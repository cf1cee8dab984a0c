import type { Clock } from '../../common/clock.js';
import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import type { Invalidation, InvalidationTarget } from '../../protocol/invalidation.js';
import { covers, invalidationOf } from '../../protocol/invalidation.js';
import type { Entry, NewEntry } from '../../store/entry.js';
import type { FoundEntry } from '../../store/found-entry.js';
import type { Copies, PreparedEntry } from '../copies.js';
import { Flights } from '../loading/flights.js';
import { Loads, type LoadsParts } from '../loading/loads.js';
import type { RegionState } from '../region-state.js';
import type { CacheSettings } from '../settings.js';
import { Gathered } from './gathered.js';
import type { Held } from './held.js';
import { HeldCopies } from './held-copies.js';

/** The parts of a cache that a hold works with. @internal */
export interface HoldParts extends Omit<LoadsParts, 'copies' | 'regions'> {
  readonly clock: Clock;
  readonly copies: Copies;
  readonly settings: CacheSettings;
}

/**
 * One run of the function that `holdEvictions` was given: as a rule, one transaction.
 *
 * # What it does
 *
 * - Evictions are gathered ({@link Gathered}). Until the end they change nothing, here or elsewhere, but what is read inside.
 * - What is put or loaded inside may be made of rows that are never committed, and the cache cannot know which. So the hold has loads and
 *   copies of its own, which nobody outside joins or is served. At the end they become copies of the instance, or nothing.
 * - What is evicted inside is not served inside: the reader gets what its own transaction has written.
 *
 * # Holds inside holds
 *
 * A hold that is opened inside another shares what is gathered. Its values go to the outer one when its function resolves. When that
 * rejects, its values are dropped: a transaction behind it may have gone back to a savepoint. Its evictions stay, since there may have
 * been no savepoint, and then its writes are committed with the outer transaction.
 *
 * # What overtakes it
 *
 * An invalidation that the instance applies, its own or a peer's, is applied to the copies and loads of every open hold too ({@link drop}).
 * A load of the hold is also fenced by what was applied since the hold began, and is as old as the hold: inside a transaction, the database
 * may answer from a snapshot that was taken when that began.
 *
 * @internal
 */
export class Hold implements Held {
  readonly #parts: HoldParts;
  readonly #outer: Hold | undefined;
  readonly #gathered: Gathered;
  /** When it began, in monotonic ms. */
  readonly #startedAt: number;
  /** The regions by name, as the loads of the hold know them: with the same settings and statistics, and with flights of their own. */
  readonly #regions = new Map<string, RegionState>();
  #isOpen = true;
  #copies: HeldCopies | undefined;
  #loads: Loads | undefined;

  /** @param outer - the open hold inside which this one begins */
  constructor(parts: HoldParts, outer?: Hold) {
    this.#parts = parts;
    this.#outer = outer;
    this.#startedAt = outer ? outer.#startedAt : parts.clock.now();
    this.#gathered = outer ? outer.#gathered : new Gathered(parts.coherence.applied, parts.settings.outboxLimit);
    this.#gathered.holds.add(this);
  }

  /** Whether its function is running. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The nearest hold around this one whose function is running. */
  get outer(): Hold | undefined {
    let outer = this.#outer;
    while (outer && !outer.#isOpen) outer = outer.#outer;
    return outer;
  }

  /** The evictions that were gathered, in this hold and in those that it shares them with. */
  get targets(): readonly InvalidationTarget[] {
    return this.#gathered.targets.targets();
  }

  /** How many values it has put and loaded. */
  get values(): number {
    return this.#copies?.size ?? 0;
  }

  /** The loads of this hold, for readers inside. */
  get loads(): Loads {
    const { clock, coherence, copies, events, executions, operations } = this.#parts;
    return (this.#loads ??= new Loads({
      clock,
      coherence,
      events,
      executions,
      operations,
      regions: { known: (name) => this.#regions.get(name), regions: () => this.#regions.values() },
      copies: {
        // A loader of a transaction must not be called again after it.
        prepared: (region, toKeep) => copies.prepared(region, { ...toKeep, load: undefined }),
        keep: (region, _, entry) => this.#keepLoaded(region, entry),
        // It may be so in the transaction alone.
        supersede: () => {},
        // It may be the transaction that has failed, and not the source.
        loadFailed: () => {},
      },
    }));
  }

  /** A region as {@link loads} needs it. */
  regionOf(region: RegionState): RegionState {
    const known = this.#regions.get(region.name);
    if (known) return known;
    const own: RegionState = {
      ...region,
      flights: new Flights(),
      currentLoads: 0,
      // The region may be released meanwhile: its loads here are not seen there.
      get stats() {
        return region.stats;
      },
      get isReleased() {
        return region.isReleased;
      },
    };
    this.#regions.set(region.name, own);
    return own;
  }

  covers(region: string, key: string, tags: readonly string[]): boolean {
    return covers(this.#gathered.targets, region, key, tags);
  }

  copyOf(region: RegionState, key: string): FoundEntry | undefined {
    return this.#copies?.get(region, key) ?? this.outer?.copyOf(region, key);
  }

  /** An eviction, which takes effect at the end of the hold. */
  gather(targets: readonly InvalidationTarget[]): void {
    const invalidation = invalidationOf(targets);
    this.#gathered.add(targets, invalidation);
    for (const hold of this.#gathered.holds) hold.drop(invalidation);
  }

  /** A put begins: what is gathered from now on overtakes it. Every call is matched by one of {@link endPut}. */
  beginPut(): AppliedMark {
    return this.#gathered.journal.begin();
  }

  endPut(since: AppliedMark): void {
    this.#gathered.journal.end(since);
  }

  /** Whether an eviction of the entry was gathered since a put began. */
  overtakes(since: AppliedMark, region: string, key: string, tags: readonly string[]): boolean {
    return this.#gathered.journal.firstCovering(since, region, key, tags) !== undefined;
  }

  /** Keeps what was put, in place of what the hold has for the key. The caller has just made sure that nothing overtakes it. */
  keep(region: RegionState, key: string, entry: PreparedEntry | undefined): void {
    if (entry) this.#keep(region, entry);
    else this.#copies?.delete(region, key);
  }

  /** An invalidation takes effect, on the instance or in this hold. */
  drop(invalidation: Invalidation): void {
    this.#copies?.drop(invalidation);
    this.#loads?.applyInvalidation(invalidation);
  }

  /** Its function has resolved inside another hold, which takes its values over. */
  joinInto(outer: Hold): void {
    for (const [region, entry] of this.takeCopies()) outer.#keep(region, entry);
  }

  /** Ends the hold, and gives what was put and loaded in it. */
  takeCopies(): readonly (readonly [RegionState, Entry])[] {
    const copies = [...(this.#copies?.entries() ?? [])];
    this.end();
    return copies;
  }

  /** From now on nothing is gathered or kept. Code that the function has left behind may hold this object for ever. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#copies = undefined;
    this.#loads = undefined;
    this.#regions.clear();
    this.#gathered.leave(this);
  }

  #keepLoaded(region: RegionState, entry: PreparedEntry | undefined): void {
    if (!entry || !this.#isOpen) return;
    const { key, tags } = entry;
    // A load that is held is not kept, also when only the tags of its result reveal that it is.
    if (this.covers(region.name, key, tags) || this.#gathered.isOvertaken(region.name, key, tags)) return;
    this.#keep(region, { ...entry, loadedAt: Math.min(entry.loadedAt, this.#startedAt) });
  }

  #keep(region: RegionState, entry: NewEntry): void {
    if (!this.#isOpen || !this.#parts.copies.isServing) return;
    this.#copies ??= new HeldCopies(this.#parts.settings);
    this.#copies.set(region, entry);
  }
}
