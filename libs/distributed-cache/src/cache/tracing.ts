import { tracingOf, type CacheTrace } from '../common/tracing-channels.js';
import { invalidationOf, type InvalidationTarget } from '../protocol/invalidation.js';
import type { EvictOptions } from './everywhere.js';

/** The names of regions come from anywhere, and a trace is to stay small. */
const MOST_REGIONS = 10;

/** A loader was called for one key: `nestjs-distributed-cache:load`. @publicApi */
export interface LoadTrace extends CacheTrace {
  readonly region: string;
  readonly key: string;
}

/** A loader was called for several ids at once: `nestjs-distributed-cache:load-many`. @publicApi */
export interface LoadManyTrace extends CacheTrace {
  readonly region: string;
  /** How many ids the loader was asked for. */
  readonly ids: number;
}

/** A method that changes the source ran, or a value was set: `nestjs-distributed-cache:put`. @publicApi */
export interface PutTrace extends CacheTrace {
  /** The regions that were written to, each once; empty until a method has ended. */
  regions: readonly string[];
  /** How many entries it wrote; set at the end. */
  entries?: number | undefined;
  /** Of these, how many were not stored, since an invalidation had overtaken them; set at the end. */
  fenced?: number | undefined;
}

/** Something was evicted on this instance: `nestjs-distributed-cache:evict`. @publicApi */
export interface EvictTrace extends CacheTrace {
  /** The regions of which keys, or everything, were evicted, each once, at most ten of them. */
  readonly regions: readonly string[];
  /** How many keys, and how many tags. */
  readonly keys: number;
  readonly tags: number;
  /** Whether everything in the namespace was evicted. */
  readonly everything: boolean;
  /** Whether the caller waits for all instances. */
  readonly everywhere: boolean;
  /** Whether the log has it; set at the end. */
  delivered?: boolean | undefined;
  /** How many instances have confirmed it; set at the end. */
  instances?: number | undefined;
  /**
   * A listener of `start` may put the trace context here, as the header `traceparent` holds it: with `tracePropagation: true` the message
   * carries it to the other instances.
   */
  traceparent?: string | undefined;
}

/** @internal */
export const loadTracing = tracingOf<LoadTrace>('load');
/** @internal */
export const loadManyTracing = tracingOf<LoadManyTrace>('load-many');
/** @internal */
export const putTracing = tracingOf<PutTrace>('put');
/** @internal */
export const evictTracing = tracingOf<EvictTrace>('evict');

/** @internal */
export function evictTraceOf(
  identity: Pick<CacheTrace, 'namespace' | 'instanceId'>,
  targets: readonly InvalidationTarget[],
  options: EvictOptions | undefined,
): EvictTrace {
  const { everything, regions, tags, keys } = invalidationOf(targets);
  let count = 0;
  for (const its of keys.values()) count += its.size;
  return {
    ...identity,
    regions: [...new Set([...regions, ...keys.keys()])].slice(0, MOST_REGIONS),
    keys: count,
    tags: tags.size,
    everything,
    everywhere: options?.everywhere !== undefined,
  };
}
