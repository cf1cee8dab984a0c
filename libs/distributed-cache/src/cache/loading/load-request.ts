import type { LoadPolicy } from '../policies/load-policies.js';
import type { RegionState } from '../region-state.js';
import type { Execution } from './execution.js';

/** Describes one load: what to call, and how to store the result. @internal */
export interface LoadRequest {
  /** What errors call the place: `Class.method`, or the region. */
  readonly where: string;
  /** The tags that are known before the loader ends. */
  readonly tags: readonly string[];
  readonly policy: LoadPolicy;
  /** How to load the key again when no reader is there. */
  readonly recipe: LoadRecipe;
  /** Given when the loads of a batch share one callback; otherwise each load has an execution of its own. */
  readonly execution?: Execution | undefined;
  /** Calls the loader; called at once, or when the turn of the load comes. */
  call(execution: Execution): unknown;
  /** The value of the key in what the loader gave. Left out: what it gave is the value. */
  valueIn?(result: unknown): unknown;
  /** All tags of the result, those that only the result reveals included. */
  tagsOf(value: unknown): readonly string[];
  /** Whether the result is to be stored when nothing fences the load. */
  isStorable(value: unknown): boolean;
  /** Time to live of the result, in ms; `undefined`: the region's; 0: it is not stored. Asked once the loader has ended. */
  ttl(value: unknown): number | undefined;
  /** The load has timed out: nobody waits for the loader any more. */
  abort?(error: Error): void;
  /** The loader has ended. */
  ended?(): void;
}

/** One call of a loader whose result is neither shared nor stored. @internal */
export type UncoordinatedLoad = Pick<LoadRequest, 'abort' | 'ended'> & { call(): unknown };

/** Loads the keys that a reader asks for: one key by a call of its loader, or all keys of one turn by one call. @internal */
export interface LoadSource {
  /** What errors call the place: `Class.method`, or the region. */
  readonly where: string;
  /** The policy of the reader. */
  readonly policy: LoadPolicy;
  /** Describes a load of this key by a new call of the loader. */
  request(key: string): LoadRequest;
  /** Describes a load of this key whose result is neither shared nor stored. */
  uncoordinated(key: string): UncoordinatedLoad;
  /** Lets go of what it holds for its loads: they have ended. */
  release?(): void;
}

/** How an entry was loaded, so that it can be loaded again when no reader is there. @internal */
export interface LoadRecipe {
  readonly shared: SharedRecipe;
  /** What belongs to this entry alone, such as the arguments of a method. */
  readonly given: unknown;
  /** A source that loads the entry again. */
  source(region: RegionState, key: string): LoadSource;
}

/**
 * What the recipes of many entries have in common. An entry remembers it together with what belongs to it alone, which takes less memory than
 * a recipe of its own.
 *
 * @internal
 */
export interface SharedRecipe {
  /** The policy of the calls that have loaded the entries. */
  readonly policy: LoadPolicy;
  /** @param given - {@link LoadRecipe.given} */
  recipe(given: unknown): LoadRecipe;
}
