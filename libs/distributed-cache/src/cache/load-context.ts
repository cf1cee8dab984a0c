import { milliseconds, type Duration } from '../duration.js';

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
  readonly #signal: () => AbortSignal;
  ttl: number | undefined;
  tags: string | readonly string[] | undefined;
  isSkipped = false;

  constructor(
    key: string,
    previous: V | undefined,
    ttl: number | undefined,
    tags: string | readonly string[] | undefined,
    signal: () => AbortSignal,
  ) {
    this.key = key;
    this.previous = previous;
    this.ttl = ttl;
    this.tags = tags;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  // Fields, not methods: a loader may take its context apart.
  readonly setTtl = (ttl: Duration): void => {
    this.ttl = typeof ttl === 'number' && ttl <= 0 ? 0 : milliseconds(ttl, 'setTtl');
  };

  readonly setTags = (tags: string | readonly string[]): void => {
    this.tags = tags;
  };

  readonly skip = (): void => {
    this.isSkipped = true;
  };
}
