/** Metrics of caches for Prometheus, by prom-client. */
export { collectCacheMetrics, type CacheMetricsOptions } from './collect-cache-metrics.js';
export { DistributedCachePrometheusModule } from './distributed-cache-prometheus.module.js';
