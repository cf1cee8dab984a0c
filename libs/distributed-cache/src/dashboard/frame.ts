import type { CacheEvents } from '../cache/events.js';

/*
 * What the page is told. The names of regions and instances, and numbers: never a value, and never a key or a tag.
 *
 * The page knows these types, and nothing else of the library. Times are in ms, rates a second.
 */

/** The event `hello`: once for each connection of a viewer. @internal */
export interface Hello {
  /** The instance that serves the page. */
  readonly self: string;
  readonly namespace: string;
  readonly canEvict: boolean;
}

/** The event `state`: how everything is now. @internal */
export interface Frame {
  /** The page forgets what it has drawn: `points`, `invalidations` and the trails of regions are all there are. */
  readonly isFull: boolean;
  /** By the wall clock of the instance that serves the page. */
  readonly at: number;
  readonly scope: Scope;
  /** Why less is shown than there is; `null`: all is shown. */
  readonly problem: Problem | null;
  readonly log: LogView | null;
  readonly instances: readonly InstanceView[];
  readonly regions: readonly RegionView[];
  /** How many instances and regions are not in this frame, because there are very many. */
  readonly leftOut: { readonly instances: number; readonly regions: number };
  readonly points: readonly Point[];
  readonly invalidations: readonly InvalidationView[];
}

/** Whether all instances are shown, or this one alone: because it is in local mode, or because its bridge lets nobody observe. @internal */
export type Scope = 'cluster' | 'local' | 'unobservable';

/** @internal */
export interface Problem {
  /** A sentence: what is wrong. */
  readonly what: string;
  /** Sentences: why, and what is shown instead. */
  readonly why: string;
}

/** @internal */
export interface LogView {
  /** How many invalidations it holds; `null`: the server does not say. */
  readonly length: number | null;
  /** In bytes. */
  readonly memory: number | null;
  readonly newestAge: number | null;
}

/** Why an instance has dropped all its copies. @internal */
export type FlushReason = CacheEvents['flush']['reason'];

/** @internal */
export interface InstanceView {
  readonly id: string;
  /** As `cache.status().state`; `null`: it is a member, and does not answer. */
  readonly state: string | null;
  /** Its answer came over Redis: it is not cut off, whatever its state. */
  readonly isReached: boolean;
  /** A sentence: what Redis has refused last. Only known of the instance that serves the page. */
  readonly refusal: string | null;
  /** How long ago Redis heard of it; `null`: that is not known. */
  readonly syncAge: number | null;
  readonly leaseAge: number | null;
  /** How old the lease may become; `null`: any age, or it is not known. */
  readonly maxStaleness: number | null;
  readonly outbox: number | null;
  /** How often it has dropped all its copies since somebody looks; `null`: it has never said. */
  readonly flushes: number | null;
  /** It has done so more than once in the last minutes. */
  readonly isInFlushLoop: boolean;
  /** Why it did so last. Only known of the instance that serves the page. */
  readonly flushReason: FlushReason | null;
  /** While it is read: of the last interval. Else since its start. */
  readonly hitRate: number | null;
  readonly reads: number | null;
  readonly loads: number | null;
  readonly entries: number | null;
  /** How long its own messages took, at most, 99 of 100 of them, in the last minute. */
  readonly propagation: number | null;
  readonly eventLoopDelay: number | null;
  /** In bytes. */
  readonly heap: number | null;
  /** In s. */
  readonly uptime: number | null;
}

/** @internal */
export interface RegionView {
  /** `''`: those that have no place among the named ones. */
  readonly name: string;
  readonly entries: number;
  readonly hitRate: number | null;
  readonly reads: number;
  readonly loads: number;
  readonly fenced: number;
  /** The reads of the last minutes, oldest first. Only in a full frame. */
  readonly trail?: readonly number[] | undefined;
}

/** A point of the charts. @internal */
export interface Point {
  readonly at: number;
  readonly reads: number;
  readonly hitRate: number | null;
  readonly loads: number;
  /** Those of the slowest instance. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** One invalidation on its way: an element of the event `invalidations`. @internal */
export interface InvalidationView {
  /** Counted by the instance that serves the page. */
  readonly number: number;
  readonly at: number;
  /** The `instanceId` of the sender; `''`: a third party. */
  readonly from: string;
  readonly everything: boolean;
  /** Whole regions: their names, the first few. */
  readonly regions: readonly string[];
  readonly regionCount: number;
  /** How many keys of which regions, the first few. */
  readonly keys: readonly (readonly [region: string, count: number])[];
  readonly keyCount: number;
  readonly tagCount: number;
  /** Whether the log has it. If not, no instance can say whether it has applied it. */
  readonly isLogged: boolean;
  /**
   * Which instances have applied it, and after how long that was known: no time is shorter than it really was. `null`: nobody has measured
   * it. An instance that is not here has not applied it yet, or does not answer.
   */
  readonly arrivals: Readonly<Record<string, number | null>>;
}

/** The answer to `where`. @internal */
export interface WhereAnswer {
  readonly instances: readonly HolderView[];
}

/** Whether an instance holds a key. @internal */
export interface HolderView {
  readonly id: string;
  readonly isHeld: boolean;
  readonly age: number | null;
  /** `null`: for ever, or it is not held. */
  readonly left: number | null;
  readonly tags: readonly string[];
}

/** The answer to `evict`. @internal */
export interface EvictAnswer {
  /** `false`: it waits in the outbox of the instance that was asked. */
  readonly delivered: boolean;
}

/** The answer to what is refused. @internal */
export interface RefusedAnswer {
  readonly error: string;
}
