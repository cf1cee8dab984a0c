// Code that must compile, and code that must not. Both compilers of the workspace check it; an expected error that is missing is an error.
import { applyDecorators } from '@nestjs/common';
import type { Duration } from '../common/duration.js';
import { CacheEvict } from './cache-evict.decorator.js';
import { CachePut } from './cache-put.decorator.js';
import { Cacheable } from './cacheable.decorator.js';
import type { CacheableOptions } from './cacheable.options.js';
import { Caching } from './caching.decorator.js';
import type { AnyMethod } from './method-types.js';

interface Product {
  readonly id: string;
  readonly category: number;
  readonly lifetime: Duration;
}

declare function productOf(id: string): Promise<Product>;

const Briefly = (ttl: Duration) => Cacheable({ region: 'products', ttl });
const InProducts = <T extends object, M extends AnyMethod>(options: CacheableOptions<T, M>) =>
  Cacheable<T, M>({ ...options, region: 'products' });
const AppliedById = () =>
  applyDecorators(Cacheable({ key: (id: string) => id, tags: (product: Product) => product.id }));

/** Callbacks without annotations get the types of their arguments, of the result and of the instance. */
export class Inferred {
  readonly tenant = 't';
  private readonly salt = 7;

  @Cacheable()
  async bare(): Promise<void> {}

  @Cacheable({
    region: 'products',
    key(id) {
      return [this.tenant, this.salt, id.trim()];
    },
    condition: (id, locale) => id.length > 1 && locale?.startsWith('d') !== true,
    unless: (product) => product.category > 3,
    ttl: (product, id) => (id.trim() === '' ? '5m' : product.lifetime),
    tags: (product, id) => [`category:${product.category.toFixed()}`, id.trim()],
    cacheUndefined: true,
    cache: 'second',
  })
  async everything(id: string, locale?: string): Promise<Product> {
    return productOf(id + (locale ?? ''));
  }

  @Cacheable({ key: (...ids) => ids.toSorted() })
  async rest(...ids: string[]): Promise<number> {
    return ids.length;
  }

  @Cacheable({ key: (id: string | number) => id })
  async wider(id: string): Promise<Product> {
    return productOf(id);
  }

  @Cacheable({ key: (of) => of.id })
  async generic<X extends { id: string }>(of: X): Promise<X> {
    return of;
  }

  @Cacheable({ key: (id) => id })
  private async hidden(id: string): Promise<Product> {
    return productOf(id);
  }

  @Cacheable({ ttl: Infinity, tags: 'products' })
  notAsync(id: string): Promise<Product> {
    return this.hidden(id);
  }

  @CachePut({ region: 'products', keyFromResult: (product) => product.id, ttl: (product) => product.lifetime })
  async putByResult(id: string): Promise<Product> {
    return productOf(id);
  }

  @CachePut({
    region: 'products',
    key: (id) => id.trim(),
    unless: (product, id) => product.id !== id,
    tags: ['products'],
  })
  async putByKey(id: string): Promise<Product> {
    return productOf(id);
  }

  @CacheEvict()
  async evictDefault(id: string): Promise<Product> {
    return productOf(id);
  }

  @CacheEvict({ tags: (product, id) => [product.id, id.trim()] })
  async evictTags(id: string): Promise<Product> {
    return productOf(id);
  }

  @CacheEvict({ region: 'products', key: (id) => id.trim(), tags: (product, id) => [product.id, id.trim()] })
  async evictByKey(id: string): Promise<Product> {
    return productOf(id);
  }

  @CacheEvict({ region: 'products', keys: (ids) => ids.map((id) => id.trim()), tags: (count) => count.toFixed() })
  async evictByKeys(ids: string[]): Promise<number> {
    return ids.length;
  }

  @CacheEvict({
    region: 'products',
    keyFromResult: (product) => product.id,
    tags: (product, id) => [product.id, id.trim()],
  })
  async evictByResult(id: string): Promise<Product> {
    return productOf(id);
  }

  @CacheEvict({ region: 'products', key: (id) => id.trim(), everywhere: { timeout: '5s' } })
  async evictEverywhere(_id: string): Promise<void> {}

  @CacheEvict({ region: 'products', all: true, beforeInvocation: true, everywhere: true })
  async evictEverywhereBefore(): Promise<void> {}

  @CacheEvict({ region: 'products', beforeInvocation: true, key: (id) => id.trim(), tags: (id) => id.trim() })
  async evictBefore(id: string): Promise<Product> {
    return productOf(id);
  }

  @CacheEvict({
    region: 'products',
    all: true,
    evictOnError: (error, id) => error instanceof TypeError && id.trim() !== '',
    tags: ['products'],
  })
  async evictOnError(id: string): Promise<Product> {
    return productOf(id);
  }

  @Caching({
    cacheable: { region: 'products', key: (id) => id.trim(), tags: (product) => product.id },
    put: [{ region: 'a', keyFromResult: (product) => product.id }],
    evict: [
      { region: 'b', all: true },
      { region: 'c', key: (id) => id.trim(), tags: (product) => product.id },
      { region: 'd', beforeInvocation: true, tags: (id) => id.trim() },
    ],
  })
  async caching(id: string): Promise<Product> {
    return productOf(id);
  }
}

/** Where the compiler does not see the method, it does not check callbacks against it. */
export class Composed {
  @applyDecorators(Cacheable(), CacheEvict({ region: 'a', key: (id: string) => id }))
  async applied(id: string): Promise<Product> {
    return productOf(id);
  }

  @applyDecorators(Cacheable({ region: 'products', key: (id) => id, tags: (product) => product.id }))
  async unannotated(id: string): Promise<Product> {
    return productOf(id);
  }

  @AppliedById()
  async appliedById(id: string): Promise<Product> {
    return productOf(id);
  }

  @Briefly('5s')
  async briefly(id: string): Promise<Product> {
    return productOf(id);
  }

  @InProducts({ key: (id) => id.trim() })
  async inProducts(id: string): Promise<Product> {
    return productOf(id);
  }
}

export class Refused {
  // @ts-expect-error -- a method that does not return a promise
  @Cacheable()
  sync(id: string): string {
    return id;
  }

  // @ts-expect-error -- a method that returns a promise only sometimes
  @CacheEvict({ region: 'a', all: true })
  sometimes(id: string): Promise<string> | string {
    return id;
  }

  // @ts-expect-error -- a method that does not return a promise, with options
  @CachePut({ region: 'a', key: (id) => id })
  syncPut(id: string): string {
    return id;
  }

  // @ts-expect-error -- a callback for another argument
  @Cacheable({ key: (id: number) => id })
  async otherArgument(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- more arguments than the method has
  @Cacheable({ key: (id, other) => [id, other] })
  async moreArguments(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- a key that may be missing
  @Cacheable({ key: (id) => id })
  async missingKey(id?: string): Promise<string | undefined> {
    return id;
  }

  // @ts-expect-error -- a property that the argument does not have
  @Cacheable({ key: (id) => id.nope })
  async wrongProperty(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- a property that the result does not have
  @Cacheable({ tags: (product) => product.nope })
  async wrongResult(id: string): Promise<Product> {
    return productOf(id);
  }

  @Cacheable({
    key(id) {
      // @ts-expect-error -- a property that the instance does not have
      return [this.tenant, id];
    },
  })
  async wrongThis(id: string): Promise<Product> {
    return productOf(id);
  }

  // @ts-expect-error -- a unit that does not exist
  @Cacheable({ ttl: '5min' })
  async wrongUnit(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- an option that does not exist
  @Cacheable({ tll: '5m' })
  async wrongOption(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- a put without a key
  @CachePut({ region: 'a' })
  async putWithoutKey(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- a put without a region
  @CachePut({ key: (id) => id })
  async putWithoutRegion(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- a put with two keys
  @CachePut({ region: 'a', key: (id: string) => id, keyFromResult: (result: string) => result })
  async putWithTwoKeys(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- everything and one key
  @CacheEvict({ region: 'a', all: true, key: (id: string) => id })
  async allAndKey(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- one key and many
  @CacheEvict({ region: 'a', key: (id: string) => id, keys: (id: string) => [id] })
  async keyAndKeys(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- one key twice
  @CacheEvict({ region: 'a', key: (id: string) => id, keyFromResult: (result: string) => result })
  async keyAndKeyFromResult(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- a string instead of a list of keys
  @CacheEvict({ region: 'a', keys: (id: string) => id })
  async keysOfString(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- the result, before the method runs
  @CacheEvict({ region: 'a', beforeInvocation: true, keyFromResult: (result: string) => result })
  async resultBefore(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- tags made of the result, before the method runs
  @CacheEvict({ region: 'a', beforeInvocation: true, tags: (result: Product, id: string) => [result.id, id] })
  async tagsOfResultBefore(id: string): Promise<Product> {
    return productOf(id);
  }

  // @ts-expect-error -- the result of a method that failed
  @CacheEvict({ region: 'a', evictOnError: () => true, keyFromResult: (result: string) => result })
  async resultOfError(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- a wrong unit
  @CacheEvict({ region: 'a', all: true, everywhere: { timeout: '5 seconds' } })
  async wrongTimeout(): Promise<void> {}

  // @ts-expect-error -- tags that rely on the result of a method that may have failed
  @CacheEvict({ region: 'a', evictOnError: () => true, tags: (product) => product.id })
  async tagsOfError(id: string): Promise<Product> {
    return productOf(id);
  }

  // @ts-expect-error -- the same inside Caching
  @Caching({ evict: [{ region: 'a', all: true, key: (id: string) => id }] })
  async cachingContradiction(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error -- a property
  @Cacheable()
  property = 'value';
}
