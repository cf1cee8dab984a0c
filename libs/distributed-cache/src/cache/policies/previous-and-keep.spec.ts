import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { InvalidOptionsError } from '../../errors.js';
import type { DistributedCacheOptions } from '../../module/options/distributed-cache.options.js';
import type { LoadContext } from '../loading/load-context.js';

interface Page {
  etag: string;
}

/** An instance in local mode whose entry '1' has just expired. */
async function expired(options: DistributedCacheOptions = {}): Promise<InstancesInMemory> {
  const one = instances(1)
    .with({ ttl: '10s', ...options })
    .local();
  await one.a.region<Page>('r').getOrLoad('1', () => ({ etag: 'a' }));
  await one.clock.advance('10s');
  return one;
}

/** As {@link expired}, with an expired entry '2' of which only the result has told its tag, `tenant:1`. */
async function expiredWithTag() {
  const { a, clock } = await expired();
  const region = a.region<Page>('r');
  await region.getOrLoad('2', (context) => (context.setTags('tenant:1'), { etag: 'a' }));
  await clock.advance('10s');
  return { a, region };
}

const keep = ({ keep: confirmed }: LoadContext<Page>): Page => confirmed();

describe('context.previous', () => {
  it('is the expired value in a background load, too', async () => {
    const { a, clock } = await expired({ staleWhileRevalidate: '1m' });
    const seen: unknown[] = [];
    await a.region<Page>('r').getOrLoad('1', ({ previous }) => (seen.push(previous), { etag: 'b' }));
    await clock.advance(0);
    expect(seen).toEqual([{ etag: 'a' }]);
  });

  it('is the value that is about to expire in a load of refreshAhead', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s', refreshAhead: 0.5 }).local();
    const seen: unknown[] = [];
    await a.region('r').getOrLoad('1', ({ previous }) => `${seen.push(previous)}`);
    await clock.advance('5s');
    a.region('r').getSync('1');
    await clock.advance(0);
    expect(seen).toEqual([undefined, '1']);
  });

  it('is nothing in a load of refreshOnInvalidate, and in a load after an eviction', async () => {
    const { a, clock } = await expired({ refreshOnInvalidate: true, staleIfError: '1m' });
    const seen: unknown[] = [];
    const load = ({ previous }: LoadContext<Page>): Page => (seen.push(previous), { etag: 'b' });
    await a.region<Page>('r').getOrLoad('1', load);
    await a.region<Page>('r').getOrLoad('1', load);
    await a.region('r').evict('1');
    await clock.advance('1s');
    expect(seen).toEqual([{ etag: 'a' }, undefined]);
  });

  it('is gone once an eviction has come while the load runs', async () => {
    const { a } = await expired();
    const source = deferred<void>();
    const reader = a.region<Page | undefined>('r').getOrLoad('1', async (context) => {
      await source.promise;
      return context.previous;
    });
    await a.region('r').evict('1');
    source.resolve();
    await expect(reader).resolves.toBeUndefined();
  });

  it('is nothing once the lease is over, however young the value', async () => {
    const { b, bridge, clock } = await instances(2).with({ ttl: '1s', maxStaleness: '10s' }).connected();
    bridge.cut(b);
    await clock.advance('21s');
    await b.region('r').getOrLoad('1', () => 'loaded while cut off');
    await clock.advance('2s');
    const seen: unknown[] = [];
    await b.region('r').getOrLoad('1', ({ previous }) => (seen.push(previous), 'new'));
    expect(seen).toEqual([undefined]);
  });
});

describe('context.keep()', () => {
  it('stores the previous value again, with a new time to live', async () => {
    const { a, clock } = await expired();
    await expect(a.region<Page>('r').getOrLoad('1', keep)).resolves.toEqual({ etag: 'a' });
    await clock.advance(9_999);
    expect(a.region('r').getSync('1')).toEqual({ etag: 'a' });
    await clock.advance(1);
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('stores it for as long as setTtl says', async () => {
    const { a, clock } = await expired();
    await a.region<Page>('r').getOrLoad('1', (context) => {
      context.setTtl('1m');
      return context.keep();
    });
    await clock.advance('59s');
    expect(a.region('r').getSync('1')).toEqual({ etag: 'a' });
  });

  it('keeps the tags that its loader had set', async () => {
    const { a, clock } = await expired();
    const region = a.region<Page>('r');
    await region.getOrLoad('2', (context) => (context.setTags('tenant:1'), { etag: 'a' }), { tags: 'page' });
    await clock.advance('10s');
    await region.getOrLoad('2', keep, { tags: 'page' });
    await a.evictTags('tenant:1');
    expect(region.getSync('2')).toBeUndefined();
  });

  it('keeps the tags of the call beside those of the value', async () => {
    const { a, region } = await expiredWithTag();
    await region.getOrLoad('2', keep, { tags: 'page' });
    await a.evictTags('page');
    expect(region.getSync('2')).toBeUndefined();
  });

  it('takes the tags that this load sets in place of those of the value', async () => {
    const { a, region } = await expiredWithTag();
    await region.getOrLoad('2', (context) => (context.setTags('tenant:2'), context.keep()));
    await a.evictTags('tenant:1');
    expect(region.getSync('2')).toEqual({ etag: 'a' });
    await a.evictTags('tenant:2');
    expect(region.getSync('2')).toBeUndefined();
  });

  it('stores nothing when a tag of the value is evicted while the load runs', async () => {
    const { a, region } = await expiredWithTag();
    const source = deferred<void>();
    const reader = region.getOrLoad('2', async (context) => {
      const kept = context.keep();
      await source.promise;
      return kept;
    });
    await a.evictTags('tenant:1');
    source.resolve();
    await expect(reader).resolves.toEqual({ etag: 'a' });
    expect(region.getSync('2')).toBeUndefined();
  });

  it('makes what the loader returns meaningless', async () => {
    const { a } = await expired();
    const load = (context: LoadContext<Page>): Page => (context.keep(), { etag: 'ignored' });
    await expect(a.region<Page>('r').getOrLoad('1', load)).resolves.toEqual({ etag: 'a' });
    expect(a.region('r').getSync('1')).toEqual({ etag: 'a' });
  });

  it('stores nothing when an eviction has come since the loader asked for the previous value', async () => {
    const { a } = await expired();
    const source = deferred<void>();
    const reader = a.region<Page>('r').getOrLoad('1', async (context) => {
      expect(context.previous).toEqual({ etag: 'a' });
      await source.promise;
      return context.keep();
    });
    await a.region('r').evict('1');
    source.resolve();
    await expect(reader).resolves.toEqual({ etag: 'a' });
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ fenced: 1 });
  });

  it('throws when there is no previous value', async () => {
    const { a } = await expired();
    const error = await failureOf(a.region<Page>('r').getOrLoad('2', keep));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(String(error)).toMatch(/keep\(\): there is no previous value.*context\.previous/s);
  });

  it('works in a background load', async () => {
    const { a, clock } = await expired({ staleWhileRevalidate: '1m' });
    await a.region<Page>('r').getOrLoad('1', keep);
    await clock.advance('9s');
    expect(a.region('r').getSync('1')).toEqual({ etag: 'a' });
  });

  it('works in a load that is coordinated with no other', async () => {
    const { a } = await expired({ staleIfError: '1m' });
    const region = a.region<Page | undefined>('r');
    // The inner read runs inside of the load of its own key. It says that the value is still correct, and returns nothing by itself.
    const outer = region.getOrLoad('1', () => region.getOrLoad('1', (context) => void context.keep()));
    await expect(outer).resolves.toEqual({ etag: 'a' });
  });

  it.each(['cloned', 'frozen'] as const)('keeps the value under values: %s', async (values) => {
    const { a } = await expired({ values });
    const kept = await a.region<Page>('r').getOrLoad('1', keep);
    expect(kept).toEqual({ etag: 'a' });
    if (values === 'cloned') kept.etag = 'changed by its reader';
    expect(a.region('r').getSync('1')).toEqual({ etag: 'a' });
    expect(Object.isFrozen(a.region('r').getSync('1'))).toBe(values === 'frozen');
  });
});
