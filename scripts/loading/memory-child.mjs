// Fills one cache with entries under one load policy, in a process of its own, and answers with the bytes that each takes.
import { Cacheable } from 'nestjs-distributed-cache';
import { serve } from '../../tools/child-process.mjs';
import { decorate, startApplication } from './application.mjs';

/** @typedef {import('nestjs-distributed-cache').LoadPolicies} LoadPolicies */

const commands = {
  /**
   * @param {{ policies: LoadPolicies, entries: number, way: 'decorated' | 'closure' }} given `way`: through `@Cacheable`, with the id as its
   *   argument, or by `getOrLoad` with an arrow function that holds the id
   */
  async bytesPerEntry({ policies, entries, way }) {
    class ProductService {
      /** @param {string} id */
      async find(id) {
        return { id, price: 1 };
      }
    }
    decorate(ProductService, 'find', Cacheable({ region: 'products', key: (id) => id }));
    const options = { redisConnectionString: '', ttl: /** @type {const} */ ('1h'), maxEntries: entries, ...policies };
    const { app, cache } = await startApplication(options, [ProductService]);
    const service = app.get(ProductService);
    const region = cache.region('products');
    /** @param {string} id */
    const read = (id) =>
      way === 'decorated' ? service.find(id) : region.getOrLoad(id, async () => ({ id, price: 1 }));

    // What is compiled and allocated once belongs to no entry.
    for (let id = 0; id < 2_000; id += 1) await read(`warm:${id}`);
    await region.clear();
    const before = heapUsed();
    for (let id = 0; id < entries; id += 1) await read(`product:${id}`);
    const bytes = (heapUsed() - before) / entries;
    await app.close();
    return bytes;
  },
};

/** @typedef {typeof commands} Commands */

serve(commands);

function heapUsed() {
  if (!globalThis.gc) throw new Error('needs --expose-gc');
  for (let round = 0; round < 4; round += 1) globalThis.gc();
  return process.memoryUsage().heapUsed;
}
