/** A health indicator for `@nestjs/terminus`. */
export { DistributedCacheHealthIndicator, type HealthOptions } from './distributed-cache-health.indicator.js';
