// Code that must compile, and code that must not: see decorators.test-d.ts.
import { applyDecorators } from '@nestjs/common';
import type { Duration } from '../common/duration.js';
import { CacheableMany } from './cacheable-many.decorator.js';

interface Product {
  readonly id: string;
  readonly category: number;
  readonly lifetime: Duration;
}
interface ProductId {
  readonly tenant: string;
  readonly number: bigint;
}
declare function productsOf(ids: Iterable<unknown>): Promise<Product[]>;

/** Values that are cached per id: callbacks take one value and one id. */
export class InferredPerId {
  readonly tenant = 't';

  @CacheableMany({ region: 'products', idOf: (product) => product.id })
  async list(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  @CacheableMany({
    region: 'products',
    key(id, locale) {
      return [this.tenant, id.trim(), locale ?? ''];
    },
    condition: (ids, locale) => ids.length > 1 && locale?.startsWith('d') !== true,
    unless: (product, id, locale) => product.category > 3 || id.trim() === locale?.trim(),
    ttl: (product, id) => (id.trim() === '' ? '5m' : product.lifetime),
    tags: (product, id, locale) => [`category:${product.category.toFixed()}`, id.trim(), locale?.trim() ?? ''],
    cacheUndefined: true,
    cache: 'second',
    idOf: (product) => product.id.trim(),
  })
  async everything(ids: readonly string[], locale?: string): Promise<readonly Product[]> {
    return productsOf([ids, locale]);
  }

  @CacheableMany({ idOf: 'position', unless: (product) => product === null || product.category > 3 })
  async byPosition(ids: number[]): Promise<(Product | null)[]> {
    return productsOf(ids);
  }

  @CacheableMany({ idOf: (product) => product.id })
  async withHoles(ids: number[]): Promise<(Product | null | undefined)[]> {
    return productsOf(ids);
  }

  @CacheableMany()
  async map(ids: string[]): Promise<Map<string, Product>> {
    return new Map((await productsOf(ids)).map((each) => [each.id, each]));
  }

  @CacheableMany({ ttl: (product, id) => (id > 1 ? product.lifetime : undefined), tags: (product) => product.id })
  async readonlyMap(ids: Iterable<number>): Promise<ReadonlyMap<number, Product>> {
    return new Map((await productsOf(ids)).map((each) => [1, each]));
  }

  @CacheableMany({ tags: (product, id) => [product.id, id.trim()] })
  async pairs(ids: ReadonlySet<string>): Promise<Iterable<readonly [string, Product]>> {
    return (await productsOf(ids)).map((each) => [each.id, each] as const);
  }

  @CacheableMany({ idOf: (product) => product.id })
  async parts(ids: [tenant: string, id: string][]): Promise<Product[]> {
    return productsOf(ids);
  }

  @CacheableMany({ key: (id) => [id.tenant, String(id.number)], idOf: 'position' })
  async objects(ids: ProductId[]): Promise<Product[]> {
    return productsOf(ids);
  }

  @CacheableMany({
    key: (id) => [id.tenant, String(id.number)],
    idOf: ({ id }) => ({ tenant: 't', number: BigInt(id) }),
  })
  async objectsById(ids: ProductId[]): Promise<Product[]> {
    return productsOf(ids);
  }

  @CacheableMany({ idOf: (product) => product.id })
  async generic<X extends { id: string }>(ids: string[], make: (id: string) => X): Promise<X[]> {
    return ids.map(make);
  }

  @CacheableMany({ idOf: (product) => product.id })
  private async hidden(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  @CacheableMany({ ttl: Infinity, tags: 'products', idOf: 'position' })
  notAsync(ids: string[]): Promise<Product[]> {
    return this.hidden(ids);
  }

  @applyDecorators(CacheableMany(), CacheableMany({ idOf: (product: Product) => product.id }))
  async applied(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  @applyDecorators(CacheableMany({ idOf: (product) => product.id, key: (id) => id, tags: (product) => product.id }))
  async unannotated(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }
}

export class RefusedPerId {
  // @ts-expect-error -- a list, with no attributes
  @CacheableMany()
  async listWithoutAttributes(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- a list without idOf
  @CacheableMany({ region: 'products' })
  async listWithoutIdOf(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- a Map with idOf
  @CacheableMany({ idOf: 'position' })
  async mapWithIdOf(ids: string[]): Promise<Map<string, Product>> {
    return new Map(ids.map((id) => [id, JSON.parse(id)]));
  }

  // @ts-expect-error -- a method that does not return a promise
  @CacheableMany({ idOf: 'position' })
  sync(ids: string[]): string[] {
    return ids;
  }

  // @ts-expect-error -- one id
  @CacheableMany({ idOf: 'position' })
  async oneId(id: string): Promise<Product[]> {
    return productsOf([id]);
  }

  // @ts-expect-error -- a tuple of ids
  @CacheableMany({ idOf: 'position' })
  async tuple(ids: [string, string]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- ids that may be missing
  @CacheableMany({ idOf: 'position' })
  async optionalIds(ids?: string[]): Promise<Product[]> {
    return productsOf(ids ?? []);
  }

  // @ts-expect-error -- no ids
  @CacheableMany({ idOf: 'position' })
  async noIds(): Promise<Product[]> {
    return productsOf([]);
  }

  // @ts-expect-error -- one value
  @CacheableMany({})
  async oneValue(ids: string[]): Promise<Product | undefined> {
    return (await productsOf(ids))[0];
  }

  // @ts-expect-error -- a list that may be missing
  @CacheableMany({ idOf: 'position' })
  async optionalList(ids: string[]): Promise<Product[] | undefined> {
    return productsOf(ids);
  }

  // @ts-expect-error -- an id of another kind without a key
  @CacheableMany({ idOf: 'position' })
  async objects(ids: ProductId[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- a property that the row does not have
  @CacheableMany({ idOf: (product) => product.nope })
  async wrongProperty(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- an id that is no key
  @CacheableMany({ idOf: (product) => product })
  async wrongId(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- a key of all ids
  @CacheableMany({ idOf: 'position', key: (ids: string[]) => ids.join() })
  async keyOfAll(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- tags of the whole list
  @CacheableMany({ idOf: 'position', tags: (products: Product[]) => products.map(({ id }) => id) })
  async tagsOfAll(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- more arguments than the method has
  @CacheableMany({ idOf: 'position', key: (id, locale) => [id, locale] })
  async moreArguments(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- a unit that does not exist
  @CacheableMany({ idOf: 'position', ttl: '5min' })
  async wrongUnit(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- an attribute that does not exist
  @CacheableMany({ idOf: 'position', tll: '5m' })
  async wrongOption(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- another word than 'position'
  @CacheableMany({ idOf: 'index' })
  async wrongWord(ids: string[]): Promise<Product[]> {
    return productsOf(ids);
  }

  // @ts-expect-error -- a property
  @CacheableMany()
  property = 'value';
}
