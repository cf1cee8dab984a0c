import { milliseconds, type Duration } from '../../common/duration.js';

/** What a loader is given. @publicApi */
export interface LoadContext<V = unknown> {
  /** As it was given; a number as its decimal string, a list in the form in which it is stored. */
  readonly key: string;
  /** Aborted when the cache is shut down. */
  readonly signal: AbortSignal;
  /** The value that expired, where it is still at hand and the lease still covers it. */
  readonly previous: V | undefined;
  /** Sets the time to live of what is being loaded; 0 or less: do not store it. */
  setTtl(ttl: Duration): void;
  setTags(tags: string | readonly string[]): void;
  /** The result goes to those who wait for it and is not stored. */
  skip(): void;
}

/** A {@link LoadContext}, and what the loader said through it. @internal */
export class LoadInstructions<V> implements LoadContext<V> {
  readonly key: string;
  readonly previous: V | undefined;
  readonly #shutdown: { readonly shutdownSignal: AbortSignal };
  ttl: number | undefined;
  tags: string | readonly string[] | undefined;
  isSkipped = false;

  constructor(
    key: string,
    previous: V | undefined,
    ttl: number | undefined,
    tags: string | readonly string[] | undefined,
    shutdown: { readonly shutdownSignal: AbortSignal },
  ) {
    this.key = key;
    this.previous = previous;
    this.ttl = ttl;
    this.tags = tags;
    this.#shutdown = shutdown;
  }

  get signal(): AbortSignal {
    return this.#shutdown.shutdownSignal;
  }

  // Bound, since a loader may take its context apart; and only when it asks for them, which few do.
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
