import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import { instances } from '../../../../test/support/instances/instances.js';
import type { LoadPolicies } from '../cache/policies/load-policies.js';
import { InvalidOptionsError, LoadTimeoutError } from '../errors.js';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { withTestCache } from '../testing/test-cache.js';
import { CacheableMany } from './cacheable-many.decorator.js';

interface Catalogue {
  readonly calls: (readonly string[])[];
  isDown: boolean;
  hangs: boolean;
  find(ids: string[]): Promise<(string | null)[]>;
}

/** Each call of the method gives values of its own; the id 'x' has none. */
function catalogue(cache: DistributedCache, policies: LoadPolicies): Catalogue {
  class Products implements Catalogue {
    readonly calls: (readonly string[])[] = [];
    isDown = false;
    hangs = false;

    @CacheableMany({ region: 'products', ttl: '10s', idOf: 'position', ...policies })
    async find(ids: string[]): Promise<(string | null)[]> {
      this.calls.push(ids);
      if (this.isDown) throw new RangeError('down');
      if (this.hangs) await new Promise<never>(() => {});
      return ids.map((id) => (id === 'x' ? null : `${id} of call ${this.calls.length}`));
    }
  }
  return withTestCache(new Products(), cache);
}

describe('A load policy of @CacheableMany, per id:', () => {
  it('staleWhileRevalidate hands out expired values, and loads those in one call in the background', async () => {
    const { a, clock } = await instances(1).connected();
    const service = catalogue(a, { staleWhileRevalidate: '1m' });
    await service.find(['1', '2']);
    await clock.advance('11s');
    expect(await service.find(['1', '2', '3'])).toEqual(['1 of call 1', '2 of call 1', '3 of call 2']);
    await clock.advance(0);
    expect(service.calls).toEqual([['1', '2'], ['3'], ['1', '2']]);
    expect(await service.find(['1', '2', '3'])).toEqual(['1 of call 3', '2 of call 3', '3 of call 2']);
  });

  it('staleIfError hands out expired values when the method fails', async () => {
    const { a, clock } = await instances(1).connected();
    const service = catalogue(a, { staleIfError: '1m' });
    await service.find(['1', '2']);
    await clock.advance('11s');
    service.isDown = true;
    expect(await service.find(['1', '2'])).toEqual(['1 of call 1', '2 of call 1']);
    await expect(service.find(['3'])).rejects.toThrow(RangeError);
  });

  it('retryAfter says how long the method is not asked again for the ids for which it failed', async () => {
    const { a, clock } = await instances(1).connected();
    const service = catalogue(a, { staleIfError: '1m', retryAfter: '5s' });
    await service.find(['1']);
    await clock.advance('11s');
    service.isDown = true;
    await service.find(['1']);
    await clock.advance('4s');
    await service.find(['1']);
    expect(service.calls).toHaveLength(2);
    await clock.advance('2s');
    await service.find(['1']);
    await clock.advance(0);
    expect(service.calls).toHaveLength(3);
  });

  it('loadTimeout ends the wait for a method that hangs', async () => {
    const { a, clock } = await instances(1).connected();
    const service = catalogue(a, { loadTimeout: '2s' });
    service.hangs = true;
    const failure = failureOf(service.find(['1', '2']));
    await clock.advance('2s');
    expect(await failure).toBeInstanceOf(LoadTimeoutError);
  });

  it('refreshAhead loads an id again that is hit late in its life', async () => {
    const { a, clock } = await instances(1).connected();
    const service = catalogue(a, { refreshAhead: 0.5 });
    await service.find(['1']);
    await clock.advance('6s');
    expect(await service.find(['1'])).toEqual(['1 of call 1']);
    await clock.advance(0);
    expect(await service.find(['1'])).toEqual(['1 of call 2']);
  });

  it('refreshOnInvalidate loads an id again that was hit, after it was evicted', async () => {
    const { a, clock } = await instances(1).connected();
    const service = catalogue(a, { refreshOnInvalidate: { within: '1s' } });
    await service.find(['1', '2']);
    await service.find(['1']);
    await a.region('products').evictMany(['1', '2']);
    await clock.advance('1s');
    expect(service.calls).toEqual([['1', '2'], ['1']]);
    expect(['1', '2'].map((id) => a.region('products').getSync(id))).toEqual(['1 of call 2', undefined]);
  });

  it('nullTtl is the time to live of ids without a value', async () => {
    const { a, clock } = await instances(1).connected();
    const service = catalogue(a, { nullTtl: '2s' });
    await service.find(['1', 'x']);
    await clock.advance('3s');
    await service.find(['1', 'x']);
    expect(service.calls).toEqual([['1', 'x'], ['x']]);
  });

  it('is refused with a value that is not allowed when the class is defined', async () => {
    const { a } = await instances(1).connected();
    const define = (): unknown => catalogue(a, { refreshAhead: 2 });
    expect(define).toThrow(InvalidOptionsError);
    expect(define).toThrow(/^@CacheableMany on Products\.find: refreshAhead/);
  });
});
