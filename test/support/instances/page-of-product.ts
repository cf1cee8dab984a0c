import type { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';

/** A page that is made of a cached product, as an application has it. */
export function pageOfProduct(cache: DistributedCache) {
  const source = { price: 'old' };
  const pages = cache.region<string>('pages');
  const products = cache.region<string>('products');
  const product = (): Promise<string> => products.getOrLoad('1', () => source.price);
  const page = (): Promise<string> => pages.getOrLoad('1', async () => `page of ${await product()}`);
  return { source, pages, products, product, page };
}

/** So many names, which fill messages: a message has at most 100. */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}
