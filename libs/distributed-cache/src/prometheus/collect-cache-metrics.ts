import { register, type OpenMetricsContentType, type Registry } from 'prom-client';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { metricsOf } from './registered-metrics.js';

/** Options of `collectCacheMetrics`. @publicApi */
export interface CacheMetricsOptions {
  /** Where the metrics are registered. Default: the default registry of prom-client. */
  registry?: Registry | Registry<OpenMetricsContentType> | undefined;
  /**
   * The label `cache`. Default: the namespace of the cache; when another cache of the process has that in this registry, a number is put
   * behind it.
   */
  label?: string | undefined;
}

/**
 * Shows what a cache does in a registry of prom-client. All figures are read when the registry is, so between two scrapes they cost nothing,
 * but for the duration of loads. Labels are the cache and at most a hundred regions; all others are `other`. There is never a key.
 *
 * @returns a function that takes the cache off the metrics
 *
 * @publicApi
 */
export function collectCacheMetrics(
  cache: DistributedCache,
  { registry = register, label }: CacheMetricsOptions = {},
): () => void {
  return metricsOf(registry).add(cache, label ?? cache.status().namespace);
}
