import type { DashboardRequest } from 'nestjs-distributed-cache/dashboard';
import { expect, it } from 'vitest';
import { dashboardAccess } from './dashboard-access.js';

const REQUEST: DashboardRequest = { method: 'GET', url: '/cache', headers: {} };

it.each([
  ['127.0.0.1', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.1.2.3', false],
])('an instance that listens on %s lets everybody look at its dashboard, and evict there: %s', (host, canEvict) => {
  const access = dashboardAccess(host);
  expect(access.canView?.(REQUEST)).toBe(true);
  expect(access.canEvict?.(REQUEST)).toBe(canEvict);
});
