import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import type { Entry } from '../../store/entry.js';
import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import type { Execution } from './execution.js';

/** A previous value that a loader was handed. @internal */
export interface ServedPrevious<V> {
  /** It may be `undefined` itself. */
  readonly value: V;
  /** The tags under which it is stored. */
  readonly tags: readonly string[];
}

/**
 * The expired value of a key while a read of the key loads a new one. A loader is handed it only while it could still be served but for its
 * TTL: while the lease covers it, and nothing has invalidated it.
 *
 * @internal
 */
export class PreviousValue {
  readonly #cache: LocalCache;
  readonly #region: RegionState;
  readonly #entry: Entry;
  #mark: AppliedMark | undefined;

  /** @param entry - found a moment ago, so nothing has invalidated it yet */
  constructor(cache: LocalCache, region: RegionState, entry: Entry) {
    this.#cache = cache;
    this.#region = region;
    this.#entry = entry;
    this.#mark = cache.coherence.applied.begin();
  }

  /**
   * The value now, with its tags. `undefined`: it may not be handed out any more.
   *
   * @param execution - what is served it, and is as old as it from now on; default: what the running code belongs to
   */
  servedTo(execution: Execution | undefined): ServedPrevious<unknown> | undefined {
    const { clock, coherence, copies, holds } = this.#cache;
    const { name, settings } = this.#region;
    const { key, tags, loadedAt } = this.#entry;
    if (!this.#mark || !copies.isServing) return undefined;
    if (holds.current?.covers(name, key, tags)) return undefined;
    if (!coherence.lease.mayServeExpired(loadedAt, clock.now(), settings.whenDisconnected)) return undefined;
    if (coherence.applied.firstCovering(this.#mark, name, key, tags) !== undefined) return undefined;
    copies.noteServed(this.#entry, execution);
    return { value: copies.valueOf(this.#region, this.#entry), tags };
  }

  /** The read has ended, and nobody remembers what is invalidated from now on. */
  release(): void {
    if (this.#mark) this.#cache.coherence.applied.end(this.#mark);
    this.#mark = undefined;
  }
}
