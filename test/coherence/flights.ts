import { covers, type Invalidation } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Moment } from './moments.js';

/** A call of a loader, for one key. */
export interface Flight {
  readonly region: string;
  readonly key: string;
  /** When the read that needed it asked. */
  readonly asked: Moment;
  readonly began: Moment;
  /** Those known before the loader ends. */
  readonly tags: readonly string[];
  /** The load inside of which it was asked for. */
  readonly parent: Flight | undefined;
  /** Whether it read through the cache itself: it may then be older than its start, and may have waited for others. */
  hasNested: boolean;
}

/**
 * Single flight as the protocol states it, for one instance: which load of a key a reader has to join.
 *
 * It knows the rules and none of the library's own book-keeping.
 */
export class Flights {
  readonly #joinable = new Map<string, Flight>();
  readonly #isLapsed: (flight: Flight) => boolean;
  running = 0;

  /** @param isLapsed - whether the lease no longer allows to join this load */
  constructor(isLapsed: (flight: Flight) => boolean) {
    this.#isLapsed = isLapsed;
  }

  /** Somebody asks for the key, which is when the lease of the load that runs is looked at. */
  asked(region: string, key: string): void {
    const id = idOf(region, key);
    const flight = this.#joinable.get(id);
    if (flight && this.#isLapsed(flight)) this.#joinable.delete(id);
  }

  /** A loader is called; gives the load that should have been joined instead. `isOvertaken`: nobody joins this one. */
  begin(flight: Flight, isOvertaken = false): Flight | undefined {
    this.running += 1;
    // It cannot wait for itself, nor for what waits for it: it is called for its reader alone, and nobody joins it.
    if (isInsideOfItself(flight)) return undefined;
    this.asked(flight.region, flight.key);
    const id = idOf(flight.region, flight.key);
    const current = this.#joinable.get(id);
    if (current?.hasNested && flight.parent) return undefined;
    if (!isOvertaken) this.#joinable.set(id, flight);
    // One that began after this one was asked for: the library may have had this one wait its turn.
    return current && current.began.sequence < flight.asked.sequence ? current : undefined;
  }

  end(flight: Flight): void {
    this.running -= 1;
    const id = idOf(flight.region, flight.key);
    if (this.#joinable.get(id) === flight) this.#joinable.delete(id);
    // Those who waited in vain ask again now.
    this.asked(flight.region, flight.key);
  }

  applied(invalidation: Invalidation): void {
    for (const [id, { region, key, tags }] of this.#joinable) {
      if (covers(invalidation, region, key, tags)) this.#joinable.delete(id);
    }
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
  if (leaseAge <= maxStaleness) return false;
  // The machine has slept, or there has been no sync at all: who asks may not trust anything older than that.
  if (leaseAge === Number.POSITIVE_INFINITY || isBypassing || hasNested) return true;
  return now - asked.time > maxStaleness;
}

function isInsideOfItself({ region, key, parent }: Flight): boolean {
  for (let outer = parent; outer; outer = outer.parent) if (outer.region === region && outer.key === key) return true;
  return false;
}

function idOf(region: string, key: string): string {
  return `${region.length}:${region}${key}`;
}
