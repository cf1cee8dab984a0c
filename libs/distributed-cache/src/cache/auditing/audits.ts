import { detached } from '../../common/detached.js';
import type { CancelTimer, Clock } from '../../common/clock.js';
import type { CacheLogger } from '../../common/logger.js';
import { OnceAMinute } from '../../common/once-a-minute.js';
import type { Entry } from '../../store/entry.js';
import type { Coherence } from '../../coherence/coherence.js';
import type { EventEmitter } from '../events.js';
import type { Holds } from '../holding/holds.js';
import type { LoadRecipe } from '../loading/load-request.js';
import type { Loads } from '../loading/loads.js';
import type { BackgroundLoads } from '../policies/background-loads.js';
import { Care } from '../policies/care.js';
import { isFresh } from '../policies/freshness.js';
import type { RegionState } from '../region-state.js';
import type { CacheSettings } from '../settings.js';
import { isStillTrue, isUntouched, reloaded, type Audited, type Reloaded } from './reloaded.js';

/** The longest wait for what was invalidated meanwhile, in ms. */
const LONGEST_WAIT = 10_000;
/** How many values of a region are loaded again at once, when all are audited. */
const AT_ONCE = 8;

/** A value that its source does not have any more, although nothing has evicted it. @publicApi */
export interface ForgottenEviction {
  readonly region: string;
  readonly key: string;
  /** How long ago the value was loaded, in whole ms. */
  readonly age: number;
}

/** What an audit of all entries of a region has found. @internal */
export interface AuditReport {
  /** How many entries were compared with their source. */
  readonly audited: number;
  /** How many entries do not know how they were loaded. */
  readonly withoutLoader: number;
  /** How many entries could not be loaded again: the load failed, for example. */
  readonly notLoaded: number;
  /** How many values could not be compared: `equals` has failed, for example. */
  readonly incomparable: number;
  /** How many entries differ and cannot be judged: no sync was complete, so an invalidation may be on its way. */
  readonly undecided: number;
  readonly forgotten: readonly ForgottenEviction[];
}

/** The parts of a cache that audits work with. @internal */
export interface AuditsParts {
  readonly settings: CacheSettings;
  readonly clock: Clock;
  readonly coherence: Coherence;
  readonly holds: Holds;
  readonly loads: Loads;
  readonly background: BackgroundLoads;
  readonly events: EventEmitter;
  readonly logger: CacheLogger;
}

/**
 * Looks for evictions that the application forgot: loads the value of a hit again, and compares.
 *
 * A writer commits first and evicts then, so a value that differs proves nothing yet. An audit waits for `maxStaleness`, and then until a
 * sync is complete that was sent after that. Whatever was evicted meanwhile and has reached the log has removed the entry by then.
 *
 * The entry stays: to evict it here would hide the mistake, and help no other instance.
 *
 * @see docs/audit.md
 * @internal
 */
export class Audits {
  readonly #parts: AuditsParts;
  readonly #onceAMinute: OnceAMinute;
  /** The regions in which an audit runs, and what ends its wait. */
  readonly #running = new Map<RegionState, CancelTimer>();
  readonly #wait: number;
  #isClosed = false;

  constructor(parts: AuditsParts) {
    this.#parts = parts;
    this.#onceAMinute = new OnceAMinute(parts.clock);
    this.#wait = Math.min(parts.settings.maxStaleness, LONGEST_WAIT);
  }

  /** A read was served an entry of a watched region; `recipe` is how it would have loaded it. */
  hit(region: RegionState, key: string, recipe: LoadRecipe): void {
    const { remembersLoaders, policy } = region.settings;
    const isDrawn = this.#isDrawn(region);
    const entry = isDrawn || remembersLoaders ? region.store.peek(key) : undefined;
    if (!entry) return;
    // It was put: nobody has loaded it yet.
    if (remembersLoaders && !entry.care) region.store.setCare(key, new Care(policy, recipe));
    if (isDrawn && this.#isDue(region, entry)) this.#start(region, entry, recipe);
  }

  /** Audits all entries of a region that may be served and know how they were loaded. */
  auditAll(region: RegionState): Promise<AuditReport> {
    return detached(() => this.#auditAll(region));
  }

  /** Ends all audits. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }

  /** While an audit of the region runs, none is. */
  #isDrawn(region: RegionState): boolean {
    const { audit } = region.settings;
    return audit !== undefined && !this.#running.has(region) && Math.random() < audit.sample;
  }

  /** Once the lease is over nobody can tell whether an eviction is on its way, and the source has enough to do. */
  #isDue({ settings: { audit } }: RegionState, { loadedAt }: Entry): boolean {
    const { clock, coherence } = this.#parts;
    const now = clock.now();
    return audit !== undefined && now - loadedAt >= audit.olderThan && coherence.lease.isLive(now);
  }

  /** @param isSecond - whether this audit of the entry is there to confirm another */
  #start(region: RegionState, entry: Entry, recipe: LoadRecipe, isSecond = false): void {
    this.#running.set(region, () => {});
    const load = this.#parts.background.run(async () => {
      const result = await reloaded(this.#parts.loads, region, entry, recipe);
      // Also if there is nothing to judge: a source that fails is not to be asked more often than one that answers.
      if (!this.#isClosed) this.#afterTheWait(region, async () => (result ? this.#judge(result, isSecond) : undefined));
    });
    if (!load) this.#running.delete(region);
  }

  /** @param judge - returns what is to be audited once more */
  #afterTheWait(region: RegionState, judge: () => Promise<Audited | undefined>): void {
    const end = async (): Promise<void> => {
      const again = await judge();
      if (again) this.#start(region, again.entry, again.recipe, true);
      else this.#running.delete(region);
    };
    this.#running.set(
      region,
      this.#parts.clock.schedule(() => void end(), this.#wait),
    );
  }

  async #judge(result: Reloaded, isSecond: boolean): Promise<Audited | undefined> {
    if (!(await this.#isForgotten(result))) return undefined;
    // What the loader was served will be gone then, if an eviction of it was on its way.
    if (result.mayBeOlder && !isSecond) return result;
    this.#found(result);
    return undefined;
  }

  /** Whether the entry differs, although all that was evicted before has arrived. */
  async #isForgotten(result: Reloaded): Promise<boolean> {
    if (!this.#differs(result) || !this.#isUntouched(result)) return false;
    const hasSynced = await this.#parts.coherence.nextSync(this.#wait);
    return hasSynced && !this.#isClosed && this.#isUntouched(result);
  }

  async #auditAll(region: RegionState): Promise<AuditReport> {
    const { clock, coherence } = this.#parts;
    const { whenDisconnected } = region.settings;
    const now = clock.now();
    const entries = [...region.store.entries()].filter((entry) =>
      isFresh(entry, now, coherence.lease, whenDisconnected),
    );
    const queue = entries.flatMap((entry) => {
      const recipe = entry.care instanceof Care ? entry.care.recipe : undefined;
      return recipe ? [{ region, entry, recipe }] : [];
    });
    const results = await this.#allReloaded(queue);
    const compared = results.map((result) => ({ result, isTrue: this.#isTrue(result) }));
    const incomparable = compared.filter(({ isTrue }) => isTrue === undefined).length;
    const differing = compared.filter(({ isTrue }) => isTrue === false).map(({ result }) => result);
    const hasSynced = differing.length === 0 || (await coherence.nextSync(this.#wait));
    const untouched = hasSynced ? await this.#confirmed(differing) : [];
    return {
      audited: results.length - incomparable,
      withoutLoader: entries.length - queue.length,
      notLoaded: queue.length - results.length,
      incomparable,
      undecided: hasSynced ? 0 : differing.length,
      forgotten: untouched.map((result) => this.#found(result)),
    };
  }

  async #allReloaded(queue: readonly Audited[]): Promise<Reloaded[]> {
    const results: Reloaded[] = [];
    const next = queue.values();
    const work = async (): Promise<void> => {
      for (const { region, entry, recipe } of next) {
        const result = await reloaded(this.#parts.loads, region, entry, recipe);
        if (result) results.push(result);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return results;
  }

  /** Those of them that still differ, also from what their loader gives now that all evictions have arrived. */
  async #confirmed(differing: readonly Reloaded[]): Promise<readonly Reloaded[]> {
    const untouched = differing.filter((result) => this.#isUntouched(result));
    const again = await this.#allReloaded(untouched.filter(({ mayBeOlder }) => mayBeOlder));
    const confirmed = again.filter((result) => this.#differs(result) && this.#isUntouched(result));
    return [...untouched.filter(({ mayBeOlder }) => !mayBeOlder), ...confirmed];
  }

  #isUntouched(result: Reloaded): boolean {
    const { clock, coherence, holds } = this.#parts;
    const { region, entry } = result;
    // Its transaction may have committed a moment ago.
    const isToBeEvicted = holds.covers(region.name, entry.key, entry.tags);
    return !isToBeEvicted && isUntouched(result, coherence, clock.now());
  }

  #differs(result: Reloaded): boolean {
    return this.#isTrue(result) === false;
  }

  /** Whether the source still has the value; `undefined`: the two cannot be compared. */
  #isTrue(result: Reloaded): boolean | undefined {
    try {
      return isStillTrue(result);
    } catch (error) {
      const { name } = result.region;
      this.#onceAMinute.run(`compare:${name}`, () =>
        this.#parts.logger.error(
          'An audit cannot compare a cached value with the loaded one: check equals of the option audit',
          {
            region: name,
            // Not its message, which may hold a part of the value.
            error: error instanceof Error ? error.name : typeof error,
          },
        ),
      );
      return undefined;
    }
  }

  #found({ region, entry }: Reloaded): ForgottenEviction {
    const { clock, events } = this.#parts;
    const forgotten = { region: region.name, key: entry.key, age: Math.round(clock.now() - entry.loadedAt) };
    region.stats.forgotten += 1;
    if (events.hears.forgotten) detached(() => events.emit('forgotten', forgotten));
    this.#onceAMinute.run(`forgotten:${region.name}`, () =>
      this.#parts.logger.warn(
        'A cached value is not what its source has, and no eviction of it has arrived: a change forgot to evict it, or the instance that ' +
          'made the change cannot reach the log; the event forgotten names the key, and docs/audit.md says where to look',
        { region: region.name, age: forgotten.age },
      ),
    );
    return forgotten;
  }
}
