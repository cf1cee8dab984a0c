import type { CoherenceState } from '../coherence/coherence.js';
import type { Invalidation } from '../protocol/invalidation.js';
import type { CacheLogger } from '../common/logger.js';

/** What `cache.on` can listen to. No event ever carries a cached value. @publicApi */
export interface CacheEvents {
  /** A read was served from memory. Emitted within the call that reads. */
  hit: { readonly region: string; readonly key: string };
  /** A read was not served from memory. Emitted within the call that reads. */
  miss: { readonly region: string; readonly key: string };
  /** A loader gave a result, after `duration` ms. */
  load: { readonly region: string; readonly key: string; readonly duration: number };
  /** A loader failed, after `duration` ms; `error` is what it threw. */
  loadError: { readonly region: string; readonly key: string; readonly duration: number; readonly error: unknown };
  /** A value was stored, for `ttl` ms. */
  store: { readonly region: string; readonly key: string; readonly ttl: number; readonly tags: readonly string[] };
  /** Something was evicted by this instance. */
  evict: { readonly invalidation: Invalidation };
  /** Something was invalidated by another instance (`''`: by a third party). */
  invalidation: { readonly from: string; readonly invalidation: Invalidation };
  /** Everything local was dropped, since the log could not be proven to continue; for the `flushes`-th time. */
  flush: { readonly flushes: number };
  /** The instance changed between coherent and not. */
  state: { readonly state: CoherenceState; readonly previous: CoherenceState };
}

/** @publicApi */
export type CacheListener<E extends keyof CacheEvents> = (event: CacheEvents[E]) => void;

type Listeners = { readonly [E in keyof CacheEvents]: Set<CacheListener<E>> };

/** @internal */
export class EventEmitter {
  /** Whether anybody listens. Asked before an event is made, on the way of every hit: a flag costs less there than the size of a set. */
  readonly hears: Record<keyof CacheEvents, boolean> = {
    hit: false,
    miss: false,
    load: false,
    loadError: false,
    store: false,
    evict: false,
    invalidation: false,
    flush: false,
    state: false,
  };
  readonly #logger: CacheLogger;
  readonly #listeners: Listeners = {
    hit: new Set(),
    miss: new Set(),
    load: new Set(),
    loadError: new Set(),
    store: new Set(),
    evict: new Set(),
    invalidation: new Set(),
    flush: new Set(),
    state: new Set(),
  };

  constructor(logger: CacheLogger) {
    this.#logger = logger;
  }

  on<E extends keyof CacheEvents>(event: E, listener: CacheListener<E>): () => void {
    const listeners: Set<CacheListener<E>> = this.#listeners[event];
    listeners.add(listener);
    this.hears[event] = true;
    return () => {
      listeners.delete(listener);
      this.hears[event] = listeners.size > 0;
    };
  }

  emit<E extends keyof CacheEvents>(event: E, details: CacheEvents[E]): void {
    for (const listener of this.#listeners[event]) {
      try {
        const outcome: unknown = listener(details);
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#listenerFailed(event, error));
      } catch (error) {
        this.#listenerFailed(event, error);
      }
    }
  }

  /** A broken listener must neither break a read nor, by a rejection that nobody hears, end the process. */
  #listenerFailed(event: keyof CacheEvents, error: unknown): void {
    this.#logger.error(`A listener of '${event}' failed`, { error });
  }
}
