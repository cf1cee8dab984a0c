import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { describeCluster } from './describe-cluster.js';
import { describeSentinels } from './describe-sentinel.js';

// The whole library, and the test, then run on the older of the two versions that the peer range allows.
vi.mock('ioredis', () => import('ioredis-5'));

it('this file runs on ioredis 5', () => {
  expect(new Redis({ lazyConnect: true }).options).not.toHaveProperty('replyMapping');
});

describeCluster('over ioredis 5');
describeSentinels('over ioredis 5');
