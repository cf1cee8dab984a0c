import type { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { fill, untilDropped } from './copies.js';

/** Does once what requests do with a cache: reads, puts, and evictions of each kind. Every key and tag holds `mark`. */
export async function useCache(a: DistributedCache, b: DistributedCache, mark: string): Promise<void> {
  const products = a.region('products');
  await fill(`${mark}-read`, 'value', a, b);
  await products.update(`${mark}-put`, () => 'value');
  await products.evictMany(Array.from({ length: 250 }, (_, index) => `${mark}-${index}`));
  await products.evict(`${mark}-everywhere`, { everywhere: { timeout: '20s' } });
  await a.evictTags(`${mark}-tag`);
  await products.evict(`${mark}-read`);
  await untilDropped(`${mark}-read`, b);
}
