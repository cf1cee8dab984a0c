import type { DashboardAccess } from 'nestjs-distributed-cache/dashboard';

/**
 * Everybody may look at this demonstration; a real application asks who it is. Only who sits at its machine may evict: where `HOST` lets
 * others in, nobody may.
 */
export function dashboardAccess(host: string): DashboardAccess {
  const isForThisMachine = host === 'localhost' || host === '::1' || host.startsWith('127.');
  return { canView: () => true, canEvict: () => isForThisMachine };
}
