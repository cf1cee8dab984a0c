import { metrics, trace, type Meter, type Tracer } from '@opentelemetry/api';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { observeCache } from './cache-metrics.js';
import { traceCache } from './cache-spans.js';

/** The scope under which spans and metrics are made. */
const SCOPE = 'nestjs-distributed-cache';

/** Options of `instrumentCache`. @publicApi */
export interface CacheInstrumentationOptions {
  /** `false`: no spans. Default: by the global tracer provider. */
  tracer?: Tracer | false | undefined;
  /** `false`: no metrics. Default: by the global meter provider. */
  meter?: Meter | false | undefined;
}

/**
 * Makes spans and metrics of what a cache does.
 *
 * - A span for each load, in which the loader runs, and for each eviction, until the log has it. Neither has a key, a tag or a value.
 * - A span for each invalidation that another instance has sent with a trace context (`observability: { tracePropagation: true }`), as a
 *   trace of its own that is linked with the eviction.
 * - Metrics, read when they are collected: see docs/operations.md. Their attributes are the namespace and at most a hundred regions; all
 *   others are `other`. When another cache of the process has the namespace, a number is put behind it.
 *
 * @returns a function that ends it
 *
 * @publicApi
 */
export function instrumentCache(
  cache: DistributedCache,
  { tracer = trace.getTracer(SCOPE), meter = metrics.getMeter(SCOPE) }: CacheInstrumentationOptions = {},
): () => void {
  const stop = [...(tracer ? [traceCache(cache, tracer)] : []), ...(meter ? [observeCache(cache, meter)] : [])];
  return () => {
    for (const each of stop) each();
  };
}
