import { interleaved } from '../measure/interleaved.mjs';
import { decorate, libraryOf, startApplication } from './application.mjs';

const KEYS = 1_000;
const ENTRIES = 10_000;
const TTL = 600_000;

/**
 * Hits and misses of one build, in a process that has loaded no other one.
 *
 * @param {{ connectionString: string, build?: string | undefined, effort: import('../effort.mjs').Effort }} given `build` is the URL of the
 *   main module of another build
 */
export async function reads({ connectionString, build, effort }) {
  const library = await libraryOf(build);
  class ProductService {
    async find(/** @type {string} */ id) {
      return { id };
    }
  }
  const key = (/** @type {string} */ id) => id;
  decorate(ProductService, 'find', library.Cacheable({ region: 'products', key, ttl: TTL }));
  const { app, cache } = await startApplication({
    redisConnectionString: connectionString,
    providers: [ProductService],
    options: { ttl: TTL, regions: { missing: { maxEntries: ENTRIES } } },
    library,
  });
  const service = app.get(ProductService);
  const region = cache.region('loaded');
  // Full after the first rounds, so that each store removes another entry.
  const missing = cache.region('missing');
  const load = async (/** @type {{ key: string }} */ context) => ({ id: context.key });
  const ids = Array.from({ length: KEYS }, (_, index) => `${index}`);
  let next = 0;
  const every = (/** @type {(id: string) => unknown} */ read) => ({
    times: KEYS,
    async run() {
      for (const id of ids) await read(id);
    },
  });
  const contenders = {
    hit: every((id) => service.find(id)),
    getOrLoad: every((id) => region.getOrLoad(id, load)),
    miss: every(() => missing.getOrLoad(`${next++}`, load)),
  };
  return {
    answers: {
      /** The time of each, in ns. */
      async measure() {
        const measured = await interleaved(contenders, effort);
        return { hit: measured.of('hit'), getOrLoad: measured.of('getOrLoad'), miss: measured.of('miss') };
      },
    },
    stop: () => app.close(),
  };
}
