import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances } from '../../../../../test/support/instances/instances.js';

/** An instance with a value that has expired, and that a policy keeps. */
async function expired(options = {}) {
  const { a, clock } = await instances(1)
    .with({ ttl: '1s', ...options })
    .connected();
  const region = a.region('r');
  await region.getOrLoad('1', () => 'old');
  await clock.advance('2s');
  return { cache: a, clock, region };
}

const down = (): never => {
  throw new Error('the source is down');
};

describe('A load policy in a hold', () => {
  it.each([['staleWhileRevalidate'], ['staleIfError']])(
    'hands out no expired value by %s of what was evicted in the hold',
    async (policy) => {
      const { cache, region } = await expired({ [policy]: '1h' });
      await cache.holdEvictions(async () => {
        await region.evict('1');
        await expect(region.getOrLoad('1', down)).rejects.toThrow('the source is down');
        await expect(region.getOrLoad('1', () => 'new')).resolves.toBe('new');
      });
    },
  );

  it('starts no load in the background: its loader may read by a handle of the transaction', async () => {
    const { cache, clock, region } = await expired({ staleWhileRevalidate: '1h' });
    let loads = 0;
    const load = (): string => {
      loads += 1;
      return 'new';
    };
    await cache.holdEvictions(async () => {
      await expect(region.getOrLoad('1', load)).resolves.toBe('old');
      await clock.advance(1);
    });
    expect(loads).toBe(0);
    await expect(region.getOrLoad('1', load)).resolves.toBe('old');
    await clock.advance(1);
    expect(loads).toBe(1);
  });

  it('does not make others wait for retryAfter when a load in the hold fails: it may be the transaction that has', async () => {
    const { cache, clock, region } = await expired({ staleIfError: '1h', retryAfter: '1m' });
    await cache.holdEvictions(async () => {
      await expect(region.getOrLoad('1', down)).resolves.toBe('old');
    });
    await clock.advance(1);
    await expect(region.getOrLoad('1', () => 'new')).resolves.toBe('new');
  });

  it('does not call a loader of the hold again after it, for refreshOnInvalidate', async () => {
    const { a, clock } = await instances(1)
      .with({ refreshOnInvalidate: { within: '1s' } })
      .connected();
    const region = a.region('r');
    let loads = 0;
    await a.holdEvictions(() =>
      region.getOrLoad('1', () => {
        loads += 1;
        return 'v';
      }),
    );
    await expect(region.getOrLoad('1', down)).resolves.toBe('v');
    await region.evict('1');
    await clock.advance('2s');
    expect(loads).toBe(1);
  });

  it('limits a load by loadTimeout', async () => {
    const { a, clock } = await instances(1).with({ loadTimeout: '1s' }).connected();
    await a.holdEvictions(async () => {
      await a.region('r').evict('1');
      for (const key of ['1', '2']) {
        const failure = failureOf(a.region('r').getOrLoad(key, () => new Promise(() => undefined)));
        await clock.advance('1s');
        expect(await failure).toHaveProperty('code', 'LOAD_TIMEOUT');
      }
    });
  });
});
