import type { CacheKey } from '../../keys/canonical-key.js';
import { canonicalTags, isStorable, ttlOf, type StoreOptions } from '../store-options.js';
import { LoadInstructions, type Loader } from './load-context.js';
import type { Execution, Executions } from './execution.js';
import type { LoadRequest } from './loads.js';
import type { LoadSource } from './read.js';

/** What a single read passes on to its loads. @internal */
export interface SingleRead {
  readonly region: string;
  /** As the caller gave it. */
  readonly givenKey: CacheKey;
  readonly loader: Loader<unknown>;
  readonly options: StoreOptions | undefined;
  /** The expired value, if it may still be passed to the loader. */
  readonly previous: unknown;
  readonly executions: Executions;
  readonly shutdown: { readonly shutdownSignal: AbortSignal };
}

/** Loads one key by one call of its loader. @internal */
export class SingleSource implements LoadSource {
  readonly #read: SingleRead;
  readonly #ttl: number | undefined;
  readonly #tags: readonly string[];

  constructor(read: SingleRead) {
    const { options, region } = read;
    this.#read = read;
    // `ttlOf` is skipped when no TTL is given: the label for its error would be built on every miss.
    this.#ttl = options?.ttl === undefined ? undefined : ttlOf(options.ttl, `Region '${region}'`);
    this.#tags = canonicalTags(options?.tags);
  }

  request(key: string): LoadRequest {
    return new SingleLoad(this.#read, this.#instructions(key), this.#tags);
  }

  uncoordinated(key: string): unknown {
    return this.#read.loader(this.#instructions(key));
  }

  /** New for every call of the loader: instructions for a result that was fenced say nothing about the next result. */
  #instructions(key: string): LoadInstructions<unknown> {
    const { givenKey, previous, options, shutdown } = this.#read;
    const shownKey = typeof givenKey === 'string' ? givenKey : key;
    // The tags as they were given: making a canonical tag canonical again would change it.
    return new LoadInstructions(shownKey, previous, this.#ttl, options?.tags, shutdown);
  }
}

class SingleLoad implements LoadRequest {
  readonly #read: SingleRead;
  readonly #instructions: LoadInstructions<unknown>;
  readonly tags: readonly string[];

  constructor(read: SingleRead, instructions: LoadInstructions<unknown>, tags: readonly string[]) {
    this.#read = read;
    this.#instructions = instructions;
    this.tags = tags;
  }

  call(execution: Execution): unknown {
    return this.#read.executions.run(execution, () => this.#read.loader(this.#instructions));
  }

  tagsOf(): readonly string[] {
    return canonicalTags(this.#instructions.tags);
  }

  isStorable(value: unknown): boolean {
    return !this.#instructions.isSkipped && isStorable(value, this.#read.options);
  }

  ttl(): number | undefined {
    return this.#instructions.ttl;
  }
}
