import { afterEach, describe, expect, it } from 'vitest';
import type { InvalidationLink } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { RedisInvalidationBridge } from '../../libs/distributed-cache/src/redis/redis-invalidation-bridge.js';
import { bridgeMember } from '../support/bridges/bridge-member.js';
import { usingRedis } from '../support/redis/using-redis.js';

describe('the number of replicas that have an entry', () => {
  const redis = usingRedis();
  let link: InvalidationLink | undefined;
  afterEach(() => link?.close());

  const dialled = async (): Promise<InvalidationLink> => {
    const bridge = new RedisInvalidationBridge({ connectionString: redis.connectionString });
    const listener = { heard() {}, acknowledged() {}, broken() {} };
    link = await bridge.dial(bridgeMember({ minReplicas: 1 }), listener, new AbortController().signal);
    return link;
  };

  it('is answered at once for a timeout of 0, which means no limit to WAIT', async () => {
    const open = await dialled();
    expect(await open.replicated(1, 0)).toBe(0);
    expect(await open.replicated(1, 0)).toBe(0);
  });

  it('is answered for a timeout that is no whole number of milliseconds', async () => {
    const open = await dialled();
    // What '16.1s' comes to is 16100.000000000002.
    expect(await open.replicated(1, 16.1 * 3)).toBe(0);
  });
});
