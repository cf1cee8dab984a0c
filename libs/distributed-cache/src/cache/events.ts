import type { CoherenceState } from '../coherence/coherence.js';
import type { FlushReason } from '../coherence/follow/log-follower.js';
import type { Invalidation } from '../protocol/invalidation.js';
import type { CacheLogger } from '../common/logger.js';

/** What is told of a load that has ended. @publicApi */
export interface LoadEvent {
  readonly region: string;
  readonly key: string;
  /** ms */
  readonly duration: number;
  /** Set when a load policy started it, and no reader. */
  readonly background?: true;
}

/** The events that `cache.on` listens to, and their details. No event ever carries a cached value. @publicApi */
export interface CacheEvents {
  /** A read was served from memory; `stale`: a load policy allowed to serve an expired value. Emitted within the call that reads. */
  hit: { readonly region: string; readonly key: string; readonly stale?: true };
  /** A read was not served from memory. Emitted within the call that reads. */
  miss: { readonly region: string; readonly key: string };
  /** A loader gave a result, after `duration` ms; `background`: no reader had asked for it. */
  load: LoadEvent;
  /** A loader failed, or was too slow for `loadTimeout`, after `duration` ms; `error` is what the readers get. */
  loadError: LoadEvent & { readonly error: unknown };
  /** A value was stored, for `ttl` ms. */
  store: { readonly region: string; readonly key: string; readonly ttl: number; readonly tags: readonly string[] };
  /** This instance evicted something. */
  evict: { readonly invalidation: Invalidation };
  /** Another instance, or a third party (`from` is `''`), invalidated something. */
  invalidation: { readonly from: string; readonly invalidation: Invalidation };
  /** All local copies were dropped, because the log could not be proven to continue; `flushes` counts how often, `reason` says why. */
  flush: { readonly flushes: number; readonly reason: FlushReason };
  /** An audit has found a value that the source does not have any more, although nothing has evicted it; it was loaded `age` ms ago, a whole number. */
  forgotten: { readonly region: string; readonly key: string; readonly age: number };
  /** The state of the instance changed; see `cache.status()`. */
  state: { readonly state: CoherenceState; readonly previous: CoherenceState };
}

/** What `cache.on` calls for each event of one kind. @publicApi */
export type CacheListener<E extends keyof CacheEvents> = (event: CacheEvents[E]) => void;

type Listeners = { readonly [E in keyof CacheEvents]: Set<CacheListener<E>> };

/** @internal */
export class EventEmitter {
  /**
   * Whether there is a listener. Checked before the details of an event are made. Every hit checks it, and a flag is cheaper to check than
   * the size of a set.
   */
  readonly hears: Record<keyof CacheEvents, boolean> = {
    hit: false,
    miss: false,
    load: false,
    loadError: false,
    store: false,
    evict: false,
    invalidation: false,
    flush: false,
    forgotten: false,
    state: false,
  };
  readonly #logger: CacheLogger;
  #holds = 0;
  #held: (() => void)[] = [];
  readonly #listeners: Listeners = {
    hit: new Set(),
    miss: new Set(),
    load: new Set(),
    loadError: new Set(),
    store: new Set(),
    evict: new Set(),
    invalidation: new Set(),
    flush: new Set(),
    forgotten: new Set(),
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
    if (this.#holds > 0) {
      this.#held.push(() => this.#emitNow(event, details));
      return;
    }
    // A listener of a held event has caused this one: what happened before it is told first.
    this.#emitHeld();
    this.#emitNow(event, details);
  }

  /** Keeps events back until {@link release}. Every call is matched by one of it. */
  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#emitHeld();
  }

  #emitHeld(): void {
    for (let emit = this.#held.shift(); emit; emit = this.#held.shift()) emit();
  }

  #emitNow<E extends keyof CacheEvents>(event: E, details: CacheEvents[E]): void {
    for (const listener of this.#listeners[event]) {
      try {
        const outcome: unknown = listener(details);
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#listenerFailed(event, error));
      } catch (error) {
        this.#listenerFailed(event, error);
      }
    }
  }

  /** A broken listener must not break a read, and its rejection must not end the process. */
  #listenerFailed(event: keyof CacheEvents, error: unknown): void {
    this.#logger.error(`A listener of '${event}' failed`, { error });
  }
}
