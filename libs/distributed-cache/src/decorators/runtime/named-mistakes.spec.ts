import { describe, expect, it } from 'vitest';
import { instances, logOf } from '../../../../../test/support/instances/instances.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { InvalidKeyError, InvalidOptionsError } from '../../errors.js';
import { withTestCache } from '../../testing/test-cache.js';
import { CacheEvict } from '../cache-evict.decorator.js';
import { CachePut } from '../cache-put.decorator.js';
import { Cacheable } from '../cacheable.decorator.js';
import { CacheableMany } from '../cacheable-many.decorator.js';

/** What code without types can give. */
const untyped = unsafeCast<never>;

class Products {
  @Cacheable({ key: () => untyped(undefined) })
  async key(): Promise<string> {
    return 'secret';
  }
  @Cacheable()
  async defaultKey(_callback: () => void): Promise<string> {
    return 'secret';
  }
  @Cacheable({ key: () => '1', tags: () => untyped(7) })
  async tagsOfRead(): Promise<string> {
    return 'secret';
  }
  @Cacheable({ key: () => '2', tags: () => untyped(['a', { tag: 'secret' }]) })
  async tagInListOfRead(): Promise<string> {
    return 'secret';
  }
  @Cacheable({ key: () => '3', ttl: () => untyped('soon') })
  async ttlOfRead(): Promise<string> {
    return 'secret';
  }
  @CacheableMany({ key: () => untyped(undefined) })
  async keyOfMany(_ids: string[]): Promise<Map<string, string>> {
    return new Map([['1', 'secret']]);
  }
  @CacheableMany({ idOf: () => untyped(undefined) })
  async idOfMany(_ids: string[]): Promise<string[]> {
    return ['secret'];
  }
  @CacheableMany()
  async idsOfMany(_ids: string[], _locale?: string): Promise<Map<string, string>> {
    return new Map([['1', 'secret']]);
  }
  @CacheableMany()
  async restOfMany(_ids: string[], _callback: () => void): Promise<Map<string, string>> {
    return new Map([['1', 'secret']]);
  }
  @CacheableMany({ tags: () => untyped(7) })
  async tagsOfMany(_ids: string[]): Promise<Map<string, string>> {
    return new Map([['1', 'secret']]);
  }
  @CacheableMany({ ttl: () => untyped('soon') })
  async ttlOfMany(_ids: string[]): Promise<Map<string, string>> {
    return new Map([['1', 'secret']]);
  }
  @CachePut({ region: 'r', key: () => untyped({}) })
  async keyOfPut(): Promise<string> {
    return 'secret';
  }
  @CachePut({ region: 'r', keyFromResult: () => untyped(Number.NaN) })
  async keyFromResultOfPut(): Promise<string> {
    return 'secret';
  }
  @CachePut({ region: 'r', key: () => '1', tags: () => untyped({}) })
  async tagsOfPut(): Promise<string> {
    return 'secret';
  }
  @CachePut({ region: 'r', key: () => '1', ttl: () => untyped('soon') })
  async ttlOfPut(): Promise<string> {
    return 'secret';
  }
  @CacheEvict({ region: 'r', keys: () => untyped(undefined) })
  async keysOfEvict(): Promise<string> {
    return 'secret';
  }
  @CacheEvict({ region: 'r', keys: () => untyped('abc') })
  async textAsKeysOfEvict(): Promise<string> {
    return 'secret';
  }
  @CacheEvict({ region: 'r', keys: () => untyped(['a', null]) })
  async keyInListOfEvict(): Promise<string> {
    return 'secret';
  }
  @CacheEvict({ region: 'r', keyFromResult: () => untyped(true) })
  async keyFromResultOfEvict(): Promise<string> {
    return 'secret';
  }
  @CacheEvict({ tags: () => untyped(7) })
  async tagsOfEvict(): Promise<string> {
    return 'secret';
  }
}

describe('A callback of a decorator that gives nonsense leads to an error that names Class.method and the attribute:', () => {
  const service = withTestCache(new Products());
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['key', () => service.key(), /^@Cacheable on Products\.key: key: The key is undefined/],
    ['no key', () => service.defaultKey(() => {}), /^@Cacheable on Products\.defaultKey: No default key can be made/],
    ['tags', () => service.tagsOfRead(), /^Products\.tagsOfRead: The tags are a number/],
    ['a tag', () => service.tagInListOfRead(), /^Products\.tagInListOfRead: The name of a tag is an object/],
    ['ttl', () => service.ttlOfRead(), /^@Cacheable on Products\.ttlOfRead: ttl: a text is not a duration/],
    [
      'key of many',
      () => service.keyOfMany(['1']),
      /^@CacheableMany on Products\.keyOfMany: key: The key is undefined/,
    ],
    [
      'idOf of many',
      () => service.idOfMany(['1']),
      /^@CacheableMany on Products\.idOfMany: idOf gave undefined; needed: the id of the value/,
    ],
    [
      'an id of many',
      () => service.idsOfMany([untyped(undefined)]),
      /^@CacheableMany on Products\.idsOfMany: an id: The key is undefined/,
    ],
    [
      'an argument of many',
      () => service.restOfMany(['1'], () => {}),
      /^@CacheableMany on Products\.restOfMany: No default key can be made/,
    ],
    ['tags of many', () => service.tagsOfMany(['1']), /^Products\.tagsOfMany: The tags are a number/],
    ['ttl of many', () => service.ttlOfMany(['1']), /^Products\.ttlOfMany: ttl: a text is not a duration/],
    ['key of a put', () => service.keyOfPut(), /^@CachePut on Products\.keyOfPut: key: The key is an object/],
    ['keyFromResult of a put', () => service.keyFromResultOfPut(), /^@CachePut on .*: keyFromResult: The key is NaN/],
    ['tags of a put', () => service.tagsOfPut(), /^@CachePut on Products\.tagsOfPut: tags: The tags are an object/],
    ['ttl of a put', () => service.ttlOfPut(), /^@CachePut on Products\.ttlOfPut: ttl: a text is not a duration/],
    ['keys', () => service.keysOfEvict(), /^@CacheEvict on Products\.keysOfEvict: keys gave undefined/],
    [
      'keys as a text',
      () => service.textAsKeysOfEvict(),
      /^@CacheEvict on Products\.textAsKeysOfEvict: keys gave a text/,
    ],
    ['one of the keys', () => service.keyInListOfEvict(), /^@CacheEvict on .*: keys: The key is null/],
    ['keyFromResult', () => service.keyFromResultOfEvict(), /^@CacheEvict on .*: keyFromResult: The key is true/],
    [
      'tags of an eviction',
      () => service.tagsOfEvict(),
      /^@CacheEvict on Products\.tagsOfEvict: tags: The tags are a number/,
    ],
  ])('%s', async (_what, call, message) => {
    const failure = call();
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow(/secret/);
    const error = await failure.catch((each: unknown) => each);
    expect(error instanceof InvalidKeyError || error instanceof InvalidOptionsError).toBe(true);
  });
});

it('sizeOf that gives nonsense is told with the method whose value it was', async () => {
  const { a } = instances(1)
    .with({ sizeOf: () => Number.NaN, maxSize: 10 })
    .local();
  class Reports {
    @Cacheable()
    async find(): Promise<string> {
      return 'secret';
    }
  }
  await withTestCache(new Reports(), a).find();
  expect(logOf(a).at('error')).toMatchObject([
    { message: expect.stringMatching(/^sizeOf cannot tell the size of a value/), parameters: { of: 'Reports.find' } },
  ]);
});
