import { traced } from '../../common/tracing-channels.js';
import type { CacheKey } from '../../keys/canonical-key.js';
import type { Entry } from '../../store/entry.js';
import type { LocalCache } from '../local-cache.js';
import { loadTracing, type LoadTrace } from '../tracing.js';
import { givesPolicy, policyOf, type LoadPolicy } from '../policies/load-policies.js';
import type { RegionState } from '../region-state.js';
import { canonicalTags, isStorable, ttlOf, ttlOfValue, type LabelledLoadOptions } from '../store-options.js';
import type { Execution } from './execution.js';
import { LoadInstructions, type LoadContext } from './load-context.js';
import type { LoadRecipe, LoadRequest, LoadSource, SharedRecipe, UncoordinatedLoad } from './load-request.js';
import { PreviousValue } from './previous-value.js';

/** Calls a loader. @param given - what belongs to this call alone: the loader itself, or the arguments of a method @internal */
export type CallLoader = (given: unknown, context: LoadContext) => unknown;

/**
 * What the single reads of one decorated method of one instance have in common, or those of a region without options. The entries that are
 * loaded again share it.
 *
 * @internal
 */
export class SingleMethod implements SharedRecipe {
  readonly cache: LocalCache;
  readonly region: RegionState;
  readonly options: LabelledLoadOptions | undefined;
  readonly call: CallLoader;
  /** What loaders are shown in place of the canonical key. */
  readonly shownKey: string | undefined;
  #checked: CheckedOptions | undefined;
  #where: string | undefined;

  constructor(
    cache: LocalCache,
    region: RegionState,
    options: LabelledLoadOptions | undefined,
    call: CallLoader,
    shownKey?: string,
  ) {
    this.cache = cache;
    this.region = region;
    this.options = options;
    this.call = call;
    this.shownKey = shownKey;
  }

  /** @throws {InvalidOptionsError} when an option is not allowed; first asked for when a key is loaded */
  get checked(): CheckedOptions {
    return (this.#checked ??= checked(this));
  }

  get policy(): LoadPolicy {
    return this.checked.policy;
  }

  /** What errors call the place. */
  get where(): string {
    return (this.#where ??= this.options?.where ?? `Region '${this.region.name}'`);
  }

  /** How `given` loads the key. @param givenKey - as the caller gave it */
  recipeFor(key: string, givenKey: CacheKey, given: unknown): SingleRecipe {
    const isShown = typeof givenKey !== 'string' || givenKey === key;
    return isShown ? this.recipe(given) : this.#showing(givenKey).recipe(given);
  }

  recipe(given: unknown): SingleRecipe {
    return new SingleRecipe(this, given);
  }

  #showing(key: string): SingleMethod {
    const { cache, region, options, call } = this;
    return new SingleMethod(cache, region, options, call, key);
  }
}

/** The options of a {@link SingleMethod}, checked. */
interface CheckedOptions {
  readonly policy: LoadPolicy;
  /** The tags that the caller gave, canonical. */
  readonly tags: readonly string[];
  /** ms; `undefined`: the region's */
  readonly ttl: number | undefined;
}

function checked(method: SingleMethod): CheckedOptions {
  const { options, region } = method;
  const { policy } = region.settings;
  // `where` is asked only where it is needed: for a region it is built, and this is the way of every miss with options.
  return {
    policy: options && givesPolicy(options) ? policyOf(options, policy, `${method.where}: `) : policy,
    tags: canonicalTags(options?.tags, options?.where),
    ttl: options?.ttl === undefined ? undefined : ttlOf(options.ttl, method.where),
  };
}

/** How a key is loaded by a loader for one key. @internal */
export class SingleRecipe implements LoadRecipe {
  readonly shared: SingleMethod;
  readonly given: unknown;

  constructor(shared: SingleMethod, given: unknown) {
    this.shared = shared;
    this.given = given;
  }

  source(region: RegionState, key: string): LoadSource {
    const source = new SingleSource(this, true);
    const entry = region.store.peek(key);
    if (entry) source.startFrom(entry);
    return source;
  }
}

/** Loads the one key of a single read, by one call of its loader for each load. @internal */
export class SingleSource implements LoadSource {
  readonly recipe: SingleRecipe;
  readonly method: SingleMethod;
  readonly policy: LoadPolicy;
  readonly #isInBackground: boolean;
  #previous: PreviousValue | undefined;

  /** @throws {InvalidOptionsError} when an option is not allowed */
  constructor(recipe: SingleRecipe, isInBackground = false) {
    this.#isInBackground = isInBackground;
    this.recipe = recipe;
    this.method = recipe.shared;
    this.policy = this.method.policy;
  }

  get where(): string {
    return this.method.where;
  }

  /** The loader is handed the value of `entry`, as long as that may be served but for its TTL. To be followed by {@link release}. */
  startFrom(entry: Entry): void {
    const { cache, region } = this.method;
    this.#previous = new PreviousValue(cache, region, entry);
  }

  release(): void {
    this.#previous?.release();
  }

  request(key: string): LoadRequest {
    return new SingleLoad(this, key, this.#instructions(key));
  }

  uncoordinated(key: string): UncoordinatedLoad {
    const instructions = this.#instructions(key);
    return {
      call: async () => instructions.resultOf(await this.called(key, instructions)),
      abort: (error) => instructions.abort(error),
      ended: () => instructions.ended(),
    };
  }

  /** What the loader gives, by one call of it. */
  called(key: string, instructions: LoadInstructions<unknown>): unknown {
    const { method, recipe } = this;
    if (!loadTracing.hasSubscribers) return method.call(recipe.given, instructions);
    const context: LoadTrace = { ...method.cache.identity, region: method.region.name, key };
    return traced(loadTracing, context, () => method.call(recipe.given, instructions));
  }

  /** New for every call of the loader: what it asked for a fenced result is not meant for the next result. */
  #instructions(key: string): LoadInstructions<unknown> {
    const {
      cache,
      checked: { ttl },
      options,
      shownKey = key,
    } = this.method;
    const canTimeOut = this.policy.loadTimeout !== Infinity;
    // The tags as they were given: making a canonical tag canonical again would change it.
    const instructions = new LoadInstructions<unknown>(shownKey, this.#previous, ttl, options?.tags, cache, canTimeOut);
    instructions.isInBackground = this.#isInBackground;
    return instructions;
  }
}

class SingleLoad implements LoadRequest {
  readonly #source: SingleSource;
  readonly #key: string;
  readonly #instructions: LoadInstructions<unknown>;

  constructor(source: SingleSource, key: string, instructions: LoadInstructions<unknown>) {
    this.#source = source;
    this.#key = key;
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
    return this.#source.method.checked.tags;
  }

  call(execution: Execution): unknown {
    const { executions } = this.#source.method.cache;
    this.#instructions.execution = execution;
    return executions.run(execution, () => this.#source.called(this.#key, this.#instructions));
  }

  valueIn(result: unknown): unknown {
    return this.#instructions.resultOf(result);
  }

  tagsOf(): readonly string[] {
    const { hasSetTags, kept, tags } = this.#instructions;
    const given = canonicalTags(tags, this.#source.method.options?.where);
    // The tags belong to the value: a kept one is found by those under which it was stored.
    return kept && !hasSetTags ? [...new Set([...kept.tags, ...given])] : given;
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
