import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import { NO_POLICY, type LoadPolicy } from '../../libs/distributed-cache/src/cache/policies/load-policies.js';
import type { Call } from './evictions.js';
import type { History } from './history.js';
import type { Subject } from './moments.js';

export interface InstanceOptions {
  /** The regions of this instance with `whenDisconnected: 'bypass'`. */
  readonly bypassing?: ReadonlySet<string> | undefined;
  /** Default: the one of the history, in ms. */
  readonly maxStaleness?: number | undefined;
  /** The load policies of a region. Default: none. */
  readonly policyIn?: ((region: string) => LoadPolicy) | undefined;
  /** Whether the hits of a region are audited. Default: no. */
  readonly isAudited?: ((region: string) => boolean) | undefined;
  /** Whether it holds so little that a copy may be removed by a bound. Default: no. */
  readonly isBounded?: boolean | undefined;
  /** Its own clock, in ms. Default: the one of the history. */
  readonly now?: (() => number) | undefined;
}

/** The life of one instance, from its start to its end, and which of its callbacks runs. */
export class InstanceLife {
  readonly name: string;
  readonly maxStaleness: number;
  protected readonly history: History;
  protected readonly bypassing: ReadonlySet<string>;
  protected readonly policyIn: (region: string) => LoadPolicy;
  protected readonly isAudited: (region: string) => boolean;
  protected readonly isBounded: boolean;
  protected readonly now: () => number;
  #cache: DistributedCache | undefined;
  #callbacks = 0;
  protected call: Call | undefined;
  protected isClosing = false;
  protected wokeAt = Number.NEGATIVE_INFINITY;
  /** Whether its evictions reach the log in the end; no longer after its death. */
  canDeliver = true;
  /** The sequence number at which the server last did not accept a message. */
  lastFailure = 0;
  /** Whether it still serves reads. */
  isServing = true;

  constructor(history: History, name: string, options: InstanceOptions = {}) {
    const { bypassing = new Set(), policyIn = () => NO_POLICY, isAudited = () => false, isBounded = false } = options;
    this.history = history;
    this.name = name;
    this.maxStaleness = options.maxStaleness ?? history.maxStaleness;
    this.bypassing = bypassing;
    this.policyIn = policyIn;
    this.isAudited = isAudited;
    this.isBounded = isBounded;
    this.now = options.now ?? (() => history.now());
  }

  get cache(): DistributedCache {
    if (!this.#cache) throw new Error(`instance ${this.name} has no cache yet`);
    return this.#cache;
  }

  watch(cache: DistributedCache): void {
    this.#cache = cache;
  }

  /** Notes that it begins to shut down; its reads go to the source from now on. */
  closes(): void {
    this.isClosing = true;
    this.isServing = false;
    this.history.note(this.name, 'closes');
  }

  /** Notes that it has shut down; evictions that it could not deliver are promised no more. */
  closed(): void {
    this.canDeliver = this.cache.status().outbox === 0;
    this.history.note(this.name, this.canDeliver ? 'has left' : 'has left with evictions undelivered');
  }

  /** Notes that its process has died, with all that it had not delivered. */
  dies(): void {
    this.canDeliver = false;
    this.isServing = false;
    this.isClosing = true;
    this.history.note(this.name, 'dies');
  }

  /** Notes that its machine was suspended and runs again. */
  wakes(): void {
    this.wokeAt = this.history.moment().time;
    this.history.note(this.name, 'wakes');
  }

  /** Notes that the server has not accepted a message. */
  failedToPublish(): void {
    this.lastFailure = this.history.moment().sequence;
  }

  /** Runs a callback that the cache has called in the midst of another operation. */
  inCallback(callback: () => void): void {
    this.#callbacks += 1;
    try {
      callback();
    } finally {
      this.#callbacks -= 1;
    }
  }

  /** Whether a callback runs that the cache has called in the midst of another operation. */
  get isInCallback(): boolean {
    return this.#callbacks > 0;
  }

  /** Runs `evict`, whose evictions of this tick count as one. */
  inOneTick<T>(evict: () => T): T {
    const outer = this.call;
    this.call = outer ?? { first: this.history.moment().sequence, last: 0 };
    try {
      return evict();
    } finally {
      this.call = outer;
    }
  }

  protected violated(
    promise: Parameters<History['violated']>[0],
    { region, key }: Subject,
    details: Record<string, unknown>,
  ): void {
    this.history.violated(promise, { instance: this.name, region, key }, details);
  }
}
