import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { startedCache } from '../../../../../test/support/instances/instances.js';
import { DistributedCache } from '../../cache/distributed-cache.js';
import { CacheNotInjectedError } from '../../errors.js';
import { provideTestCache, withTestCache } from '../../testing/test-cache.js';
import { CacheEvict } from '../cache-evict.decorator.js';
import { Cacheable } from '../cacheable.decorator.js';
import { InjectDistributedCache } from '../inject-distributed-cache.decorator.js';

class Repository {
  calls = 0;
  @Cacheable({ region: 'all', key: (id) => id })
  async find(id: string): Promise<string> {
    this.calls += 1;
    return id;
  }
  @CacheEvict({ region: 'all', key: (id) => id, cache: 'second' })
  async remove(_id: string): Promise<void> {}
}

@Injectable()
class ProductRepository extends Repository {}

@Injectable({ scope: Scope.REQUEST })
class RequestRepository extends Repository {}

@Injectable({ scope: Scope.TRANSIENT })
class TransientRepository extends Repository {}

describe('The cache of a decorated method', () => {
  it('is injected into singletons, request-scoped and transient providers, also for inherited methods', async () => {
    const testing = await Test.createTestingModule({
      providers: [
        ProductRepository,
        RequestRepository,
        TransientRepository,
        provideTestCache(),
        provideTestCache({ name: 'second' }),
      ],
    }).compile();
    const request = ContextIdFactory.create();
    const repositories = [
      testing.get(ProductRepository),
      await testing.resolve(RequestRepository, request),
      await testing.resolve(RequestRepository),
      await testing.resolve(TransientRepository),
    ];

    for (const repository of repositories) expect(await repository.find('1')).toBe('1');
    expect(repositories.map(({ calls }) => calls)).toEqual([1, 0, 0, 0]);
    expect(testing.get(DistributedCache).stats().regions['all']).toMatchObject({ hits: 3, loads: 1 });
  });

  it('is the cache that its attribute names', async () => {
    @Injectable()
    class Reader {
      constructor(
        readonly first: DistributedCache,
        @InjectDistributedCache('second') readonly second: DistributedCache,
      ) {}
    }
    const testing = await Test.createTestingModule({
      providers: [ProductRepository, Reader, provideTestCache(), provideTestCache({ name: 'second' })],
    }).compile();
    const { first, second } = testing.get(Reader);
    await first.region('all').set('1', 'first');
    await second.region('all').set('1', 'second');

    await testing.get(ProductRepository).remove('1');
    expect(first.region('all').getSync('1')).toBe('first');
    expect(second.region('all').getSync('1')).toBeUndefined();
  });

  it('is named in an error that helps when Nest cannot find it', async () => {
    const compile = Test.createTestingModule({ providers: [ProductRepository] }).compile();
    await expect(compile).rejects.toThrow(
      /@Cacheable.* of Repository needs: import DistributedCacheModule\.forRoot\(\) .* provideTestCache\(\)/,
    );

    const withoutSecond = Test.createTestingModule({ providers: [ProductRepository, provideTestCache()] }).compile();
    await expect(withoutSecond).rejects.toThrow(/forRoot\(\{ name: 'second' \}\)/);
  });

  it('is required: an instance made by new rejects with the recipe for tests', async () => {
    const failure = new Repository().find('1');
    await expect(failure).rejects.toThrow(CacheNotInjectedError);
    await expect(failure).rejects.toThrow(
      /Repository\.find: .*provideTestCache\(\).*withTestCache\(new Repository\(…\)\).*nestjs-distributed-cache\/testing/s,
    );
    await expect(new Repository().remove('1')).rejects.toThrow(CacheNotInjectedError);
  });

  it('is required: a method without its instance rejects with an error that says so', async () => {
    const repository = withTestCache(new Repository());
    await expect(Reflect.apply(repository.find, undefined, ['1'])).rejects.toThrow(
      /Repository\.find was called without its instance/,
    );
  });

  it.each<[string, object]>([
    ['an empty object', {}],
    ['one that inherits from the class', Object.create(DistributedCache.prototype)],
    [
      'one that answers to every name',
      new Proxy({}, { get: (_target, name) => (name === 'then' ? undefined : () => undefined) }),
    ],
    ['a proxy of a real cache', new Proxy(startedCache(), {})],
  ])('is not %s, as auto-mocks give it, which is refused', async (_what, mock) => {
    const testing = await Test.createTestingModule({
      providers: [
        ProductRepository,
        { provide: DistributedCache, useValue: mock },
        provideTestCache({ name: 'second' }),
      ],
    }).compile();

    const failure = testing.get(ProductRepository).find('1');
    await expect(failure).rejects.toThrow(CacheNotInjectedError);
    await expect(failure).rejects.toThrow(/not a DistributedCache/);
  });
});
