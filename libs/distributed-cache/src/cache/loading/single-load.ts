import type { CacheKey } from '../../keys/canonical-key.js';
import type { LocalCache } from '../local-cache.js';
import { canonicalTags, isStorable, ttlOf, type LabelledStoreOptions } from '../store-options.js';
import type { Execution } from './execution.js';
import { LoadInstructions, type Loader } from './load-context.js';
import type { LoadRequest, LoadSource } from './loads.js';
import type { PreviousValue } from './previous-value.js';

/** Loads the one key of a single read, by one call of its loader for each load. @internal */
export class SingleSource implements LoadSource {
  readonly cache: LocalCache;
  readonly loader: Loader<unknown>;
  readonly options: LabelledStoreOptions | undefined;
  /** The tags that the caller gave, canonical. */
  readonly tags: readonly string[];
  /** The expired value, if there is one. */
  previous: PreviousValue | undefined;
  readonly #region: string;
  readonly #givenKey: CacheKey;
  readonly #ttl: number | undefined;

  /**
   * @param region - its name, for errors
   * @param givenKey - as the caller gave it
   * @throws {InvalidOptionsError} when an option is not allowed
   */
  constructor(
    cache: LocalCache,
    region: string,
    givenKey: CacheKey,
    loader: Loader<unknown>,
    options: LabelledStoreOptions | undefined,
  ) {
    this.cache = cache;
    this.loader = loader;
    this.options = options;
    this.#region = region;
    this.tags = canonicalTags(options?.tags, options?.where);
    this.#givenKey = givenKey;
    // Skipped when no TTL is given: the label for an error of `ttlOf` would be built on every miss.
    this.#ttl = options?.ttl === undefined ? undefined : ttlOf(options.ttl, this.where);
  }

  /** What errors call the place. */
  get where(): string {
    return this.options?.where ?? `Region '${this.#region}'`;
  }

  request(key: string): LoadRequest {
    return new SingleLoad(this, this.#instructions(key));
  }

  uncoordinated(key: string): unknown {
    return this.loader(this.#instructions(key));
  }

  /** New for every call of the loader: what it asked for a fenced result is not meant for the next result. */
  #instructions(key: string): LoadInstructions<unknown> {
    const shownKey = typeof this.#givenKey === 'string' ? this.#givenKey : key;
    // The tags as they were given: making a canonical tag canonical again would change it.
    return new LoadInstructions(shownKey, this.previous, this.#ttl, this.options?.tags, this.cache);
  }
}

class SingleLoad implements LoadRequest {
  readonly #source: SingleSource;
  readonly #instructions: LoadInstructions<unknown>;

  constructor(source: SingleSource, instructions: LoadInstructions<unknown>) {
    this.#source = source;
    this.#instructions = instructions;
  }

  get where(): string {
    return this.#source.where;
  }

  get tags(): readonly string[] {
    return this.#source.tags;
  }

  call(execution: Execution): unknown {
    const { cache, loader } = this.#source;
    this.#instructions.execution = execution;
    return cache.executions.run(execution, () => loader(this.#instructions));
  }

  tagsOf(): readonly string[] {
    return canonicalTags(this.#instructions.tags, this.#source.options?.where);
  }

  isStorable(value: unknown): boolean {
    return !this.#instructions.isSkipped && isStorable(value, this.#source.options);
  }

  ttl(): number | undefined {
    return this.#instructions.ttl;
  }
}
