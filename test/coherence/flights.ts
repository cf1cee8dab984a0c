import { covers, type Invalidation } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import { idOf, type Moment } from './moments.js';

/** A call of a loader, for one key. */
export interface Flight {
  readonly region: string;
  readonly key: string;
  /** When the read that needed it began. */
  readonly asked: Moment;
  readonly began: Moment;
  /** The tags that are known before the loader ends. */
  readonly tags: readonly string[];
  /** The load whose loader asked for it. */
  readonly parent: Flight | undefined;
  /** Whether it was asked for where the cache could not know for which load, and so may not know that a load waits for itself. */
  readonly isUntraced?: boolean | undefined;
  /** Whether its loader read through the cache: its result may then be older than its start, and it may have waited for other loads. */
  hasNested: boolean;
  /** Whether its loader read through the cache outside of its own context: the cache cannot know how old its result is. */
  hasUntraced: boolean;
  /** Whether an invalidation that covers it was applied since it began. */
  isFenced: boolean;
  /** Whether that happened while readers could join it, so that its result would have been stored. */
  isKeptOut: boolean;
  /** Whether no reader of others has to join it: it runs in a transaction, or nobody knows when it was asked for. */
  readonly isApart: boolean;
  /** For how long its readers wait, in ms. */
  readonly timeout: number;
  /** The sequence number of its end. */
  ended: number;
}

export function newFlight(
  load: Pick<Flight, 'region' | 'key' | 'tags' | 'asked' | 'began' | 'parent' | 'isUntraced' | 'isApart' | 'timeout'>,
): Flight {
  return {
    ...load,
    hasNested: false,
    hasUntraced: false,
    isFenced: false,
    isKeptOut: false,
    ended: Number.POSITIVE_INFINITY,
  };
}

/** While its lease is over, an instance in `'bypass'` runs at most so many loads of one key at once, but for those that take long. */
const MOST_AT_ONCE = 2;
/** A load that takes longer than this, in ms, holds no reader up any more. */
const TAKES_LONG = 1_000;

/** Real timers fire up to a millisecond early, in ms with some to spare. */
const EARLY = 2;

/** How long a read inside of a load waits for a load that another read began, in ms. */
const LONGEST_WAIT_INSIDE = 1_000;
/** As {@link LONGEST_WAIT_INSIDE}, for the first of the reads outside of any load. */
const LONGEST_WAIT_OUTSIDE = 5_000;

/**
 * Single flight as the protocol states it, for one instance: which load of a key a reader has to join.
 *
 * It follows the rules and reads none of the library's state.
 */
export class Flights {
  readonly #joinable = new Map<string, Flight>();
  readonly #running = new Map<string, Set<Flight>>();
  /** The keys that were ever loaded inside of another load, or perhaps so. */
  readonly #nested = new Set<string>();
  readonly #isLapsed: (flight: Flight) => boolean;
  readonly #now: () => number;
  running = 0;

  /** @param isLapsed - whether the lease forbids to join this load */
  constructor(isLapsed: (flight: Flight) => boolean, now: () => number) {
    this.#isLapsed = isLapsed;
    this.#now = now;
  }

  /** A read of the key begins: this is when the library checks the lease of the running load. */
  asked(region: string, key: string): void {
    const id = idOf(region, key);
    const flight = this.#joinable.get(id);
    if (flight && (this.#isLapsed(flight) || this.isOverdue(flight))) this.#joinable.delete(id);
  }

  /** Whether the load takes so long that its readers may have stopped waiting, and nobody has to join it. */
  isOverdue({ asked, timeout }: Flight): boolean {
    return this.#now() - asked.time >= timeout - EARLY;
  }

  /**
   * A loader is called. Returns the load that its reader should have joined instead.
   *
   * @param isOvertaken - whether no reader may join this load
   */
  begin(flight: Flight, isOvertaken = false): Flight | undefined {
    this.running += 1;
    this.#runningOf(flight).add(flight);
    if (flight.parent ?? flight.isUntraced) this.#nested.add(idOf(flight.region, flight.key));
    // Its reader may have been told to load for itself, in the context of another load.
    if (flight.isUntraced || flight.isApart) return undefined;
    // Its reader has waited so long for another load that it loads for itself. Nobody joins it.
    if (hasLostPatience(flight)) return undefined;
    // An uncoordinated load: its reader would otherwise wait for itself. Nobody joins it.
    if (isInsideOfItself(flight)) return undefined;
    this.asked(flight.region, flight.key);
    const id = idOf(flight.region, flight.key);
    const current = this.#joinable.get(id);
    if (current?.hasNested && isInsideOfAnother(flight)) return undefined;
    if (!isOvertaken) this.#joinable.set(id, flight);
    // Not a load that began after this read: the library may have let this read wait for an earlier load first.
    return current && current.began.sequence < flight.asked.sequence ? current : undefined;
  }

  /** Those that ran when `flight` began and should have kept its reader waiting, if they are too many for an instance without a lease. */
  tooManyWith(flight: Flight): readonly Flight[] {
    const { asked, began, parent, isUntraced, isApart } = flight;
    // Its reader has waited for its turn as long as any does, or nobody knows for how long.
    if (parent || isUntraced || isApart || began.time - asked.time >= TAKES_LONG - EARLY) return [];
    // The turns of loads that may belong to other loads are not known.
    if (this.#nested.has(idOf(flight.region, flight.key))) return [];
    const others = [...this.#runningOf(flight)].filter(
      (other) =>
        other !== flight &&
        !other.isFenced &&
        !other.isApart &&
        !this.isOverdue(other) &&
        !hasLostPatience(other) &&
        began.time - other.began.time < TAKES_LONG - EARLY,
    );
    return others.length < MOST_AT_ONCE ? [] : others;
  }

  end(flight: Flight, moment: Moment): void {
    this.running -= 1;
    flight.ended = moment.sequence;
    const id = idOf(flight.region, flight.key);
    const running = this.#runningOf(flight);
    running.delete(flight);
    if (running.size === 0) this.#running.delete(id);
    if (this.#joinable.get(id) === flight) this.#joinable.delete(id);
    // Readers that cannot use its result ask again now.
    this.asked(flight.region, flight.key);
  }

  isJoinable(flight: Flight): boolean {
    return this.#joinable.get(idOf(flight.region, flight.key)) === flight;
  }

  /** No reader has to join the running load of this key any more. */
  abandon(region: string, key: string): void {
    this.#joinable.delete(idOf(region, key));
  }

  applied(invalidation: Invalidation): void {
    for (const [id, running] of this.#running) {
      for (const flight of running) {
        if (!covers(invalidation, flight.region, flight.key, flight.tags)) continue;
        flight.isFenced = true;
        if (this.#joinable.get(id) !== flight) continue;
        flight.isKeptOut = !this.isOverdue(flight);
        this.#joinable.delete(id);
      }
    }
  }

  #runningOf({ region, key }: Flight): Set<Flight> {
    const id = idOf(region, key);
    const known = this.#running.get(id);
    if (known) return known;
    const running = new Set<Flight>();
    this.#running.set(id, running);
    return running;
  }
}

/** Whether the lease forbids a reader to join `flight`, at `now`. */
export function hasLapsed(
  { asked, hasNested }: Flight,
  leaseAge: number,
  maxStaleness: number,
  isBypassing: boolean,
  now: number,
): boolean {
  if (leaseAge <= maxStaleness && leaseAge !== Number.POSITIVE_INFINITY) return false;
  // The machine was suspended, or the instance has never synced: a read may not use anything older than itself.
  if (leaseAge === Number.POSITIVE_INFINITY || isBypassing || hasNested) return true;
  return now - asked.time > maxStaleness;
}

/** Whether a reader that waited for this long may have stopped waiting: the load may have been waiting for the reader. */
function hasLostPatience({ asked, began, parent }: Flight): boolean {
  return began.time - asked.time >= (parent ? LONGEST_WAIT_INSIDE : LONGEST_WAIT_OUTSIDE) - EARLY;
}

/** Whether a load that had not ended when its reader asked waits for it. An execution that has ended is no parent. */
function isInsideOfAnother({ parent, asked }: Flight): boolean {
  for (let outer = parent; outer; outer = outer.parent) if (outer.ended > asked.sequence) return true;
  return false;
}

/** Whether a load of the same key that had not ended when its reader asked waits for it. */
function isInsideOfItself({ region, key, parent, asked }: Flight): boolean {
  for (let outer = parent; outer; outer = outer.parent) {
    if (outer.region === region && outer.key === key && outer.ended > asked.sequence) return true;
  }
  return false;
}
