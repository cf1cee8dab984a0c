import type { Execution } from './execution.js';
import { LoadInstructions } from './load-context.js';
import type { LoadRequest } from './loads.js';
import type { LocalCache } from '../local-cache.js';
import type { Loader } from '../region.js';
import type { RegionState } from '../region-state.js';
import { canonicalTags, isStorable, type StoreOptions } from '../store-options.js';

/** What a reader asks for whose key is not cached. @internal */
export interface SingleRead {
  readonly cache: LocalCache;
  readonly region: RegionState;
  /** Canonical. */
  readonly key: string;
  /** As the caller gave it, where that was a string. */
  readonly givenKey: string;
  readonly loader: Loader<unknown>;
  readonly options: StoreOptions | undefined;
  /** ms; `undefined` = the region's */
  readonly ttl: number | undefined;
  readonly tags: readonly string[];
  /** The value that expired, where it may still be told. */
  readonly previous: unknown;
}

/** The load of one key by one call of its loader. @internal */
export class SingleLoad implements LoadRequest {
  readonly #read: SingleRead;
  /** New for every call of the loader: what it said of a result that was overtaken says nothing about the next. */
  readonly #instructions: LoadInstructions<unknown>;

  constructor(read: SingleRead) {
    this.#read = read;
    const { givenKey, previous, ttl, options, cache } = read;
    // The tags as they were given: a canonical one would not stay the same when it is made canonical again.
    this.#instructions = new LoadInstructions(givenKey, previous, ttl, options?.tags, cache);
  }

  get region(): RegionState {
    return this.#read.region;
  }

  get key(): string {
    return this.#read.key;
  }

  get tags(): readonly string[] {
    return this.#read.tags;
  }

  /** Calls the loader and shares nothing. */
  uncoordinated(): unknown {
    return this.#read.loader(this.#instructions);
  }

  call(execution: Execution): unknown {
    return this.#read.cache.executions.run(execution, () => this.uncoordinated());
  }

  tagsOf(): readonly string[] {
    return canonicalTags(this.#instructions.tags);
  }

  store(value: unknown, loadedAt: number): void {
    const { cache, region, key, options } = this.#read;
    if (this.#instructions.isSkipped || !isStorable(value, options)) return;
    cache.store(region, key, value, loadedAt, this.#instructions.ttl, this.tagsOf());
  }
}
