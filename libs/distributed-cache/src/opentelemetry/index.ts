/** Spans and metrics of caches by OpenTelemetry. */
export { instrumentCache, type CacheInstrumentationOptions } from './instrument-cache.js';
export { DistributedCacheOpenTelemetryModule } from './distributed-cache-opentelemetry.module.js';
