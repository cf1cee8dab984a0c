import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { describeIpv6Names } from './describe-ipv6-names.js';

// ioredis 5.4, the oldest of the peer range, looks hosts up as IPv4 where nothing is said. Later versions of 5 do not.
vi.mock('ioredis', async () => {
  const module = await import('ioredis-5');
  const defaults: object = Reflect.get(module.Redis, 'defaultOptions');
  Reflect.set(defaults, 'family', 4);
  return module;
});

it('this file runs on ioredis 5 with the default of 5.4', () => {
  const { options } = new Redis({ lazyConnect: true });
  expect(options).not.toHaveProperty('replyMapping');
  expect(options.family).toBe(4);
});

describeIpv6Names('over ioredis 5 with the default of 5.4');
