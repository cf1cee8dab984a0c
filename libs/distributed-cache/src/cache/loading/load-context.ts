import { milliseconds, type Duration } from '../../common/duration.js';
import { InvalidOptionsError } from '../../errors.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import type { Execution } from './execution.js';
import type { PreviousValue, ServedPrevious } from './previous-value.js';

/** Loads the value of one key: called on a miss. It may return the value or a promise of it. @publicApi */
export type Loader<V> = (context: LoadContext<V>) => V | PromiseLike<V>;

/** The argument of a loader. @publicApi */
export interface LoadContext<V = unknown> {
  /** The key: a string as the caller gave it, a number as its decimal string, a list in the form in which it is stored. */
  readonly key: string;
  /** Aborted when the load takes longer than `loadTimeout`, and when the cache is shut down. */
  readonly signal: AbortSignal;
  /** The expired value of the key, while the lease covers it and nothing has invalidated it; otherwise `undefined`. */
  readonly previous: V | undefined;
  /** Sets the time to live of the result; 0 or less: the result is not stored. Default: the one of the call, else the region's. */
  setTtl(ttl: Duration): void;
  /** Sets the tags of the result, in place of those given with the call, and of those of a value that {@link keep} keeps. */
  setTags(tags: string | readonly string[]): void;
  /** Returns the result to the readers that wait for it, without storing it. */
  skip(): void;
  /**
   * Says that {@link previous} is still correct, such as after a `304 Not Modified` of the source: it is the result of this load, and is
   * stored again with a new time to live and, unless {@link setTags} is called, with its tags. Whatever the loader returns is ignored.
   *
   * @returns the previous value, for `return context.keep()`
   * @throws {InvalidOptionsError} when there is no previous value: ask `previous` before you ask the source
   */
  keep(): V;
}

/** What a loader may be told of from outside. @internal */
export interface LoadSurroundings {
  readonly shutdownSignal: AbortSignal;
}

/** A {@link LoadContext} that keeps what the loader asked for through it. @internal */
export class LoadInstructions<V> implements LoadContext<V> {
  readonly key: string;
  readonly #previous: PreviousValue | undefined;
  readonly #surroundings: LoadSurroundings;
  ttl: number | undefined;
  tags: string | readonly string[] | undefined;
  isSkipped = false;
  /** Whether no reader waits for this call: a load policy or an audit has made it. */
  isInBackground = false;
  /** Whether the loader has set the TTL of its result. */
  hasSetTtl = false;
  /** Whether the loader has set the tags of its result. */
  hasSetTags = false;
  /** The previous value, which the loader has confirmed. */
  kept: ServedPrevious<V> | undefined;
  /** The execution of the loader, by which it is known wherever the loader looks at its context. */
  execution: Execution | undefined;
  readonly #canTimeOut: boolean;
  #seen: ServedPrevious<V> | undefined;
  #abortedWith: unknown;
  #controller: AbortController | undefined;
  #onShutdown: (() => void) | undefined;
  #hasEnded = false;

  constructor(
    key: string,
    previous: PreviousValue | undefined,
    ttl: number | undefined,
    tags: string | readonly string[] | undefined,
    surroundings: LoadSurroundings,
    canTimeOut: boolean,
  ) {
    this.key = key;
    this.#canTimeOut = canTimeOut;
    this.#previous = previous;
    this.ttl = ttl;
    this.tags = tags;
    this.#surroundings = surroundings;
  }

  get previous(): V | undefined {
    const served = this.#previous?.servedTo(this.execution);
    if (!served) return undefined;
    this.#seen = unsafeCast(served);
    return this.#seen?.value;
  }

  get signal(): AbortSignal {
    const { shutdownSignal } = this.#surroundings;
    if (!this.#canTimeOut) return shutdownSignal;
    if (this.#controller) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#abortedWith !== undefined) controller.abort(this.#abortedWith);
    else if (shutdownSignal.aborted) controller.abort(shutdownSignal.reason);
    else if (!this.#hasEnded) {
      // Not `AbortSignal.any`: on Node.js 20 the signal of the cache would remember each of these for ever.
      this.#onShutdown = (): void => controller.abort(shutdownSignal.reason);
      shutdownSignal.addEventListener('abort', this.#onShutdown);
    }
    return controller.signal;
  }

  /** The load has timed out. */
  abort(error: Error): void {
    this.#abortedWith = error;
    this.#controller?.abort(error);
  }

  /** The loader has ended. */
  ended(): void {
    this.#hasEnded = true;
    if (this.#onShutdown) this.#surroundings.shutdownSignal.removeEventListener('abort', this.#onShutdown);
  }

  /** The result of a loader that has returned `returned`. */
  resultOf(returned: unknown): unknown {
    return this.kept ? this.kept.value : returned;
  }

  // Bound functions, because a loader may destructure its context; made on demand, because few loaders ask for them.
  get setTtl(): LoadContext['setTtl'] {
    return (ttl) => {
      this.ttl = typeof ttl === 'number' && ttl <= 0 ? 0 : milliseconds(ttl, 'setTtl');
      this.hasSetTtl = true;
    };
  }

  get setTags(): LoadContext['setTags'] {
    return (tags) => {
      this.tags = tags;
      this.hasSetTags = true;
    };
  }

  get skip(): LoadContext['skip'] {
    return () => {
      this.isSkipped = true;
    };
  }

  get keep(): LoadContext<V>['keep'] {
    return () => {
      // The loader holds what it was handed, also if an invalidation covers it by now: then this load is fenced, and nothing is stored.
      this.kept = this.#seen ?? unsafeCast(this.#previous?.servedTo(this.execution));
      if (this.kept) return this.kept.value;
      throw new InvalidOptionsError(
        `keep(): there is no previous value of this key that may still be served. Ask context.previous before you ask the source, and ` +
          `load the whole value if it is undefined.`,
      );
    };
  }
}
