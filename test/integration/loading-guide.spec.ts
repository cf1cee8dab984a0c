import { Inject, Injectable } from '@nestjs/common';
import { Cacheable, type DistributedCacheOptions, DistributedCache, type Region } from 'nestjs-distributed-cache';
import { ManualClock } from 'nestjs-distributed-cache/testing';
import { describe, expect, it, vi } from 'vitest';
import { pageAndCode } from '../support/common/page-code.js';
import { startApplication } from '../support/instances/application.js';

interface Product {
  readonly id: string;
  readonly name: string;
}

class ProductRepository {
  readonly find = vi.fn<(id: string) => Promise<Product>>(async (id) => ({ id, name: `product ${id}` }));
}

// What follows is on the page, word by word, under the imports that it needs: so it compiles, and it runs in the tests below.

export const options: DistributedCacheOptions = {
  // For every region: better an old value than an error.
  staleIfError: '1h',
  regions: {
    catalogue: { ttl: '10m', staleWhileRevalidate: '1m', refreshOnInvalidate: true },
    // Not for prices: nearer to the read, 0 switches it off.
    prices: { staleIfError: 0, loadTimeout: '500ms' },
  },
};

@Injectable()
export class CatalogueService {
  readonly #products: Region<Product>;

  constructor(
    cache: DistributedCache,
    @Inject(ProductRepository) private readonly repository: ProductRepository,
  ) {
    this.#products = cache.region<Product>('catalogue');
  }

  @Cacheable({ region: 'catalogue', key: (id) => id, refreshAhead: 0.8, loadTimeout: '2s' })
  async find(id: string): Promise<Product> {
    return this.repository.find(id);
  }

  findNow(id: string): Promise<Product> {
    return this.#products.getOrLoad(id, () => this.repository.find(id), { staleWhileRevalidate: 0 });
  }
}

interface Rates {
  readonly etag: string;
  readonly rates: readonly number[];
}

type FetchRates = (
  currency: string,
  options: { etag: string | undefined; signal: AbortSignal },
) => Promise<{ notModified: true } | ({ notModified: false } & Rates)>;

export async function ratesOf(cache: DistributedCache, fetchRates: FetchRates, currency: string): Promise<Rates> {
  const region = cache.region<Rates>('rates');
  return region.getOrLoad(
    currency,
    async ({ previous, keep, signal }) => {
      const response = await fetchRates(currency, { etag: previous?.etag, signal });
      // Not modified: the previous value is stored again, with a new TTL.
      if (response.notModified) return keep();
      return { etag: response.etag, rates: response.rates };
    },
    { ttl: '1m', staleIfError: '1h' },
  );
}

export function findWithin(region: Region<Product>, id: string, load: () => Promise<Product>): Promise<Product> {
  // This caller gives up after 200 ms. The load goes on: the next reader has a hit.
  return region.getOrLoad(id, load, { signal: AbortSignal.timeout(200) });
}

export function findMaybe(
  region: Region<Product | null>,
  id: string,
  load: () => Promise<Product | null>,
): Promise<Product | null> {
  return region.getOrLoad<Product | null>(id, load, { ttl: '1h', nullTtl: '10s' });
}

/** An application with the options of the page, in local mode, and the clock that moves it. */
async function started(): Promise<{ cache: DistributedCache; clock: ManualClock; service: CatalogueService }> {
  const clock = new ManualClock();
  const app = await startApplication({ ...options, redisConnectionString: '', ttlJitter: 0, clock }, [
    ProductRepository,
    CatalogueService,
  ]);
  return { cache: app.get(DistributedCache), clock, service: app.get(CatalogueService) };
}

const IMPORT = /^import \{ (.*) \} from '(@nestjs\/common|nestjs-distributed-cache)';$/gm;

/** What is imported of Nest and of the library. */
function importsIn(code: string): { name: string; from: string }[] {
  return Array.from(code.matchAll(IMPORT)).flatMap(([, names = '', from = '']) =>
    names.split(', ').map((name) => ({ name: name.replace('type ', ''), from })),
  );
}

describe('the page on loading', () => {
  it('shows only code that this file compiles and runs, with the imports that it needs', async () => {
    const page = new URL('../../docs/loading.md', import.meta.url);
    const { blocks, here } = await pageAndCode(page, new URL(import.meta.url));
    expect(blocks.length).toBeGreaterThan(4);
    for (const block of blocks) {
      const code = block.replaceAll(IMPORT, '').trim();
      expect(here).toContain(code);
      const needed = importsIn(here).filter(({ name }) => new RegExp(`\\b${name}\\b`).test(code));
      expect(importsIn(block)).toEqual(needed);
    }
  });

  it("sets policies for a region, a decorator and a call, of which the nearest wins: after the region's TTL, find serves the expired value and findNow loads", async () => {
    const { cache, clock, service } = await started();
    await service.find('7');
    await clock.advance('10m');
    await service.find('7');
    expect(cache.stats().regions['catalogue']).toMatchObject({ staleServed: 1 });

    await clock.advance('10m');
    await service.findNow('7');
    expect(cache.stats().regions['catalogue']).toMatchObject({ staleServed: 1, loads: 3 });
  });

  it('refreshes a decorated method after 80 % of its TTL', async () => {
    const { cache, clock, service } = await started();
    await service.find('7');
    await clock.advance('8m');
    await service.find('7');
    await clock.advance(0);
    expect(cache.stats().regions['catalogue']).toMatchObject({ loads: 2, hits: 1, staleServed: 0 });
  });

  it('keeps the previous value when the source answers 304', async () => {
    const { cache, clock } = await started();
    const etags: (string | undefined)[] = [];
    const fetchRates: FetchRates = async (_, { etag }) => {
      etags.push(etag);
      return etag === 'v1' ? { notModified: true } : { notModified: false, etag: 'v1', rates: [1, 2] };
    };
    for (let minute = 0; minute < 3; minute += 1) {
      expect(await ratesOf(cache, fetchRates, 'EUR')).toEqual({ etag: 'v1', rates: [1, 2] });
      await clock.advance('1m');
    }
    expect(etags).toEqual([undefined, 'v1', 'v1']);
  });

  it('ends the wait of one caller, and the load goes on for the next', async () => {
    const { cache } = await started();
    const region = cache.region<Product>('catalogue');
    let end = (): void => {};
    const load = (): Promise<Product> => new Promise((resolve) => (end = () => resolve({ id: '7', name: 'late' })));
    await expect(findWithin(region, '7', load)).rejects.toMatchObject({ name: 'TimeoutError' });
    end();
    await vi.waitFor(() => expect(region.getSync('7')).toEqual({ id: '7', name: 'late' }));
  });

  it('remembers for 10 s only that a thing does not exist', async () => {
    const { cache, clock } = await started();
    const region = cache.region<Product | null>('catalogue');
    const load = vi.fn<() => Promise<null>>(async () => null);
    await findMaybe(region, '7', load);
    await clock.advance('9s');
    await findMaybe(region, '7', load);
    expect(load).toHaveBeenCalledTimes(1);
    await clock.advance('1m');
    await clock.advance('1s');
    await findMaybe(region, '7', load);
    expect(load).toHaveBeenCalledTimes(2);
  });
});
