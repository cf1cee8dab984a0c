/** The public API of `nestjs-distributed-cache/dashboard`: a page that shows what all instances do. */

export type {
  DashboardAccess,
  DashboardGuard,
  DashboardOptions,
  DashboardPlace,
  DashboardRequest,
} from './dashboard.options.js';
export { DistributedCacheDashboardModule, type DashboardAsyncOptions } from './distributed-cache-dashboard.module.js';
