import { Controller, Get, Injectable, Module, NotFoundException, Param, Query } from '@nestjs/common';
import { CacheEvict, DistributedCacheModule } from 'nestjs-distributed-cache';
import { HttpCache, provideHttpCache } from 'nestjs-distributed-cache/http';
import { beforeEach, describe, expect, it } from 'vitest';
import { pageAndCode } from '../../../../test/support/common/page-code.js';
import { ADAPTERS } from '../../../../test/support/http/http-application.js';
import { startHttp } from '../../../../test/support/http/start-http.js';

/** The code of docs/http.md, compiled and run. */

interface Product {
  readonly id: string;
  readonly name: string;
}

interface AuthenticatedRequest {
  readonly user?: { readonly tenant: string };
}

const PRODUCTS = new Map<string, Product>();

beforeEach(() => {
  PRODUCTS.clear();
  PRODUCTS.set('1', { id: '1', name: 'chair' });
});

@Injectable()
export class Products {
  @CacheEvict({ tags: (product) => [`product:${product.id}`, 'product-list'] })
  async rename(id: string, name: string): Promise<Product> {
    const product = { id, name };
    PRODUCTS.set(id, product);
    return product;
  }

  async find(id: string): Promise<Product> {
    return PRODUCTS.get(id) ?? { id, name: 'unknown' };
  }

  async list(page: number): Promise<Product[]> {
    return [...PRODUCTS.values()].slice((page - 1) * 20, page * 20);
  }
}

@Controller('products')
export class ProductsController {
  constructor(private readonly products: Products) {}

  @HttpCache({ ttl: '1m', query: ['page'], tags: ['product-list'] })
  @Get()
  list(@Query('page') page = '1'): Promise<Product[]> {
    return this.products.list(Number(page));
  }

  @HttpCache({ ttl: '10m', tags: (request) => [`product:${request.params['id']}`] })
  @Get(':id')
  find(@Param('id') id: string): Promise<Product> {
    return this.products.find(id);
  }
}

@Controller('invoices')
export class InvoicesController {
  @HttpCache({ ttl: '1m', scope: (request: AuthenticatedRequest) => request.user?.tenant })
  @Get()
  async list(): Promise<object[]> {
    return [{ id: '1', amount: 12.5 }];
  }
}

@Controller('articles')
export class ArticlesController {
  @HttpCache({ statuses: [200, 404], ttl: (_, { status }) => (status === 404 ? '10s' : '10m') })
  @Get(':id')
  async find(@Param('id') id: string): Promise<object> {
    if (id !== '1') throw new NotFoundException();
    return { id };
  }
}

@Module({
  imports: [DistributedCacheModule.forRoot()],
  controllers: [ProductsController, InvoicesController, ArticlesController],
  // Without options: { provide: APP_INTERCEPTOR, useClass: HttpCacheInterceptor }
  providers: [Products, provideHttpCache({ ttl: '30s', control: 'no-cache' })],
})
export class AppModule {}

const IMPORT = /^import \{ (.*) \} from '(@nestjs\/common|nestjs-distributed-cache(?:\/http)?)';$/gm;

/** What is imported of Nest and of the library. */
function importsIn(code: string): { name: string; from: string }[] {
  return Array.from(code.matchAll(IMPORT)).flatMap(([, names = '', from = '']) =>
    names.split(', ').map((name) => ({ name, from })),
  );
}

describe('the page on HTTP', () => {
  it('shows only code that this file compiles and runs, with the imports that it needs', async () => {
    const page = new URL('../../../../docs/http.md', import.meta.url);
    const { blocks, here } = await pageAndCode(page, new URL(import.meta.url));
    expect(blocks.length).toBeGreaterThan(4);
    for (const block of blocks) {
      const code = block.replaceAll(IMPORT, '').trim();
      expect(here).toContain(code);
      const needed = importsIn(here).filter(({ name }) => new RegExp(`@?\\b${name}\\b`).test(code));
      expect(importsIn(block)).toEqual(needed);
    }
  });

  it.each(ADAPTERS)('is true on %s', async (adapter) => {
    const app = await startHttp(adapter, {
      controllers: [ProductsController, InvoicesController, ArticlesController],
      providers: [Products],
    });
    const seen = async (path: string): Promise<unknown[]> => {
      const { status, headers } = await app.get(path);
      return [status, headers['x-cache'], headers['cache-control']];
    };
    expect(await seen('/products/1')).toEqual([200, 'MISS', 'public, max-age=600']);
    await app.clock.advance('12s');
    expect(await seen('/products/1')).toEqual([200, 'HIT', 'public, max-age=588']);
    expect(await seen('/products?page=1&utm=a')).toEqual([200, 'MISS', 'public, max-age=60']);
    expect(await seen('/products?utm=b&page=1')).toEqual([200, 'HIT', 'public, max-age=60']);
    await app.app.get(Products).rename('1', 'table');
    expect(await seen('/products?page=1')).toEqual([200, 'MISS', 'public, max-age=60']);
    expect((await app.get('/products/1')).text).toBe('{"id":"1","name":"table"}');

    expect(await seen('/articles/2')).toEqual([404, 'MISS', 'public, max-age=10']);
    expect(await seen('/articles/2')).toEqual([404, 'HIT', 'public, max-age=10']);
    expect(await seen('/articles/1')).toEqual([200, 'MISS', 'public, max-age=600']);
    expect(await seen('/invoices')).toEqual([200, 'MISS', 'public, max-age=60']);
    expect(AppModule).toBeDefined();
  });
});
