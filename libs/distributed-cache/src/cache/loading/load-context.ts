import { milliseconds, type Duration } from '../../common/duration.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import type { Execution } from './execution.js';
import type { PreviousValue } from './previous-value.js';

/** Loads the value of one key: called on a miss. It may return the value or a promise of it. @publicApi */
export type Loader<V> = (context: LoadContext<V>) => V | PromiseLike<V>;

/** The argument of a loader. @publicApi */
export interface LoadContext<V = unknown> {
  /** The key: a string as the caller gave it, a number as its decimal string, a list in the form in which it is stored. */
  readonly key: string;
  /** Aborted when the cache is shut down. */
  readonly signal: AbortSignal;
  /** The expired value of the key, while the lease covers it and nothing has invalidated it; otherwise `undefined`. */
  readonly previous: V | undefined;
  /** Sets the time to live of the result; 0 or less: the result is not stored. Default: the one of the call, else the region's. */
  setTtl(ttl: Duration): void;
  /** Sets the tags of the result, in place of those given with the call. */
  setTags(tags: string | readonly string[]): void;
  /** Returns the result to the readers that wait for it, without storing it. */
  skip(): void;
}

/** A {@link LoadContext} that keeps what the loader asked for through it. @internal */
export class LoadInstructions<V> implements LoadContext<V> {
  readonly key: string;
  readonly #previous: PreviousValue | undefined;
  readonly #shutdown: { readonly shutdownSignal: AbortSignal };
  ttl: number | undefined;
  tags: string | readonly string[] | undefined;
  isSkipped = false;
  /** The execution of the loader, by which it is known wherever the loader looks at its context. */
  execution: Execution | undefined;

  constructor(
    key: string,
    previous: PreviousValue | undefined,
    ttl: number | undefined,
    tags: string | readonly string[] | undefined,
    shutdown: { readonly shutdownSignal: AbortSignal },
  ) {
    this.key = key;
    this.#previous = previous;
    this.ttl = ttl;
    this.tags = tags;
    this.#shutdown = shutdown;
  }

  get previous(): V | undefined {
    return unsafeCast(this.#previous?.servedTo(this.execution));
  }

  get signal(): AbortSignal {
    return this.#shutdown.shutdownSignal;
  }

  // Bound functions, because a loader may destructure its context; made on demand, because few loaders ask for them.
  get setTtl(): LoadContext['setTtl'] {
    return (ttl) => {
      this.ttl = typeof ttl === 'number' && ttl <= 0 ? 0 : milliseconds(ttl, 'setTtl');
    };
  }

  get setTags(): LoadContext['setTags'] {
    return (tags) => {
      this.tags = tags;
    };
  }

  get skip(): LoadContext['skip'] {
    return () => {
      this.isSkipped = true;
    };
  }
}
