import type { CacheKey } from '../../keys/canonical-key.js';
import type { Entry } from '../../store/entry.js';
import type { LocalCache } from '../local-cache.js';
import { givesPolicy, policyOf, type LoadPolicy } from '../policies/load-policies.js';
import type { RegionState } from '../region-state.js';
import { canonicalTags, isStorable, ttlOf, ttlOfValue, type LabelledLoadOptions } from '../store-options.js';
import type { Execution } from './execution.js';
import { LoadInstructions, type Loader } from './load-context.js';
import type { LoadRecipe, LoadRequest, LoadSource, UncoordinatedLoad } from './load-request.js';
import { PreviousValue } from './previous-value.js';

/** How a key is loaded by a loader for one key. @internal */
export class SingleRecipe implements LoadRecipe {
  readonly cache: LocalCache;
  readonly loader: Loader<unknown>;
  readonly options: LabelledLoadOptions | undefined;
  /** As the caller gave it. */
  readonly givenKey: CacheKey;

  constructor(
    cache: LocalCache,
    loader: Loader<unknown>,
    options: LabelledLoadOptions | undefined,
    givenKey: CacheKey,
  ) {
    this.cache = cache;
    this.loader = loader;
    this.options = options;
    this.givenKey = givenKey;
  }

  /** @throws {InvalidOptionsError} when a load policy is not allowed */
  policyIn({ name, settings: { policy } }: RegionState): LoadPolicy {
    if (!this.options || !givesPolicy(this.options)) return policy;
    return policyOf(this.options, policy, `${this.options.where ?? `Region '${name}'`}: `);
  }

  source(region: RegionState, key: string): LoadSource {
    const source = new SingleSource(region, this);
    const entry = region.store.peek(key);
    if (entry) source.startFrom(entry);
    return source;
  }
}

/** Loads the one key of a single read, by one call of its loader for each load. @internal */
export class SingleSource implements LoadSource {
  readonly recipe: SingleRecipe;
  readonly policy: LoadPolicy;
  /** The tags that the caller gave, canonical. */
  readonly tags: readonly string[];
  /** ms; `undefined`: the region's */
  readonly ttl: number | undefined;
  #previous: PreviousValue | undefined;
  readonly #region: RegionState;

  /** @throws {InvalidOptionsError} when an option is not allowed */
  constructor(region: RegionState, recipe: SingleRecipe) {
    const { options } = recipe;
    this.recipe = recipe;
    this.#region = region;
    this.policy = recipe.policyIn(region);
    this.tags = canonicalTags(options?.tags, options?.where);
    // Skipped when no TTL is given: the label for an error of `ttlOf` would be built on every miss.
    this.ttl = options?.ttl === undefined ? undefined : ttlOf(options.ttl, this.where);
  }

  /** What errors call the place. */
  get where(): string {
    return this.recipe.options?.where ?? `Region '${this.#region.name}'`;
  }

  /** The loader is handed the value of `entry`, as long as that may be served but for its TTL. To be followed by {@link release}. */
  startFrom(entry: Entry): void {
    this.#previous = new PreviousValue(this.recipe.cache, this.#region, entry);
  }

  release(): void {
    this.#previous?.release();
  }

  request(key: string): LoadRequest {
    return new SingleLoad(this, this.#instructions(key));
  }

  uncoordinated(key: string): UncoordinatedLoad {
    const instructions = this.#instructions(key);
    return {
      call: async () => instructions.resultOf(await this.recipe.loader(instructions)),
      abort: (error) => instructions.abort(error),
      ended: () => instructions.ended(),
    };
  }

  /** New for every call of the loader: what it asked for a fenced result is not meant for the next result. */
  #instructions(key: string): LoadInstructions<unknown> {
    const { cache, givenKey, options } = this.recipe;
    const shownKey = typeof givenKey === 'string' ? givenKey : key;
    const canTimeOut = this.policy.loadTimeout !== Infinity;
    // The tags as they were given: making a canonical tag canonical again would change it.
    return new LoadInstructions(shownKey, this.#previous, this.ttl, options?.tags, cache, canTimeOut);
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

  get policy(): LoadPolicy {
    return this.#source.policy;
  }

  get recipe(): LoadRecipe {
    return this.#source.recipe;
  }

  get tags(): readonly string[] {
    return this.#source.tags;
  }

  call(execution: Execution): unknown {
    const { cache, loader } = this.#source.recipe;
    this.#instructions.execution = execution;
    return cache.executions.run(execution, () => loader(this.#instructions));
  }

  valueIn(result: unknown): unknown {
    return this.#instructions.resultOf(result);
  }

  tagsOf(): readonly string[] {
    return canonicalTags(this.#instructions.tags, this.#source.recipe.options?.where);
  }

  isStorable(value: unknown): boolean {
    return !this.#instructions.isSkipped && isStorable(value, this.policy);
  }

  ttl(value: unknown): number | undefined {
    const { hasSetTtl, ttl } = this.#instructions;
    return hasSetTtl ? ttl : ttlOfValue(value, ttl, this.policy);
  }

  abort(error: Error): void {
    this.#instructions.abort(error);
  }

  ended(): void {
    this.#instructions.ended();
  }
}
