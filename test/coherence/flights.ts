import { covers, type Invalidation } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Moment } from './moments.js';

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
  /** Whether its loader read through the cache: its result may then be older than its start, and it may have waited for other loads. */
  hasNested: boolean;
}

/**
 * Single flight as the protocol states it, for one instance: which load of a key a reader has to join.
 *
 * It follows the rules and reads none of the library's state.
 */
export class Flights {
  readonly #joinable = new Map<string, Flight>();
  readonly #isLapsed: (flight: Flight) => boolean;
  running = 0;

  /** @param isLapsed - whether the lease forbids to join this load */
  constructor(isLapsed: (flight: Flight) => boolean) {
    this.#isLapsed = isLapsed;
  }

  /** A read of the key begins: this is when the library checks the lease of the running load. */
  asked(region: string, key: string): void {
    const id = idOf(region, key);
    const flight = this.#joinable.get(id);
    if (flight && this.#isLapsed(flight)) this.#joinable.delete(id);
  }

  /**
   * A loader is called. Returns the load that its reader should have joined instead.
   *
   * @param isOvertaken - whether no reader may join this load
   */
  begin(flight: Flight, isOvertaken = false): Flight | undefined {
    this.running += 1;
    // An uncoordinated load: its reader would otherwise wait for itself. Nobody joins it.
    if (isInsideOfItself(flight)) return undefined;
    this.asked(flight.region, flight.key);
    const id = idOf(flight.region, flight.key);
    const current = this.#joinable.get(id);
    if (current?.hasNested && flight.parent) return undefined;
    if (!isOvertaken) this.#joinable.set(id, flight);
    // Not a load that began after this read: the library may have let this read wait for an earlier load first.
    return current && current.began.sequence < flight.asked.sequence ? current : undefined;
  }

  end(flight: Flight): void {
    this.running -= 1;
    const id = idOf(flight.region, flight.key);
    if (this.#joinable.get(id) === flight) this.#joinable.delete(id);
    // Readers that cannot use its result ask again now.
    this.asked(flight.region, flight.key);
  }

  /** No reader has to join the running load of this key any more. */
  abandon(region: string, key: string): void {
    this.#joinable.delete(idOf(region, key));
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
  // The machine was suspended, or the instance has never synced: a read may not use anything older than itself.
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
