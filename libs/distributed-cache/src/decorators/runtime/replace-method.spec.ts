import {
  type INestApplication,
  Controller,
  Get,
  Header,
  HttpCode,
  Injectable,
  Param,
  Query,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { provideTestCache, withTestCache } from '../../testing/test-cache.js';
import { InvalidOptionsError } from '../../errors.js';
import { CacheEvict } from '../cache-evict.decorator.js';
import { CachePut } from '../cache-put.decorator.js';
import { Cacheable } from '../cacheable.decorator.js';
import { Caching } from '../caching.decorator.js';

const Roles = Reflector.createDecorator<string[]>();

/** A decorator that does not know ours. */
const Loud: MethodDecorator = (_target, _name, descriptor) => {
  const method: unknown = descriptor.value;
  if (typeof method !== 'function') return;
  Object.assign(descriptor, {
    async value(this: unknown, ...args: unknown[]): Promise<string> {
      return String(await Reflect.apply(method, this, args)).toUpperCase();
    },
  });
};

function methodOf(target: object, name: string): object {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') throw new TypeError(`${name} is no method`);
  return method;
}

const DECORATORS: Record<string, MethodDecorator> = {
  Cacheable: Cacheable(),
  CachePut: CachePut({ region: 'products', key: (id) => id }),
  CacheEvict: CacheEvict({ region: 'products', all: true }),
  Caching: Caching({ cacheable: {}, evict: [{ region: 'lists', all: true }] }),
};

describe.each(Object.entries(DECORATORS))('A method with @%s', (decorator, Decorator) => {
  it('keeps its name, its length, its metadata and the properties of the function', () => {
    class ProductService {
      @Decorator
      @SetMetadata('below', 1)
      @Roles(['admin'])
      async find(_id: string, _locale: string): Promise<void> {}
    }
    const find = methodOf(ProductService.prototype, 'find');

    expect(find).toHaveProperty('name', 'find');
    expect(find).toHaveProperty('length', 2);
    expect(Reflect.getMetadata('below', find)).toBe(1);
    expect(Reflect.getMetadata(Roles.KEY, find)).toEqual(['admin']);
  });

  it('is called with the instance as this and with all arguments', async () => {
    class ProductService {
      readonly #tenant = 'acme';
      @Decorator
      async find(id: string, ...more: number[]): Promise<unknown[]> {
        return [this.#tenant, id, ...more];
      }
    }

    expect(await withTestCache(new ProductService()).find('1', 2, 3)).toEqual(['acme', '1', 2, 3]);
  });

  it('can be wrapped by another decorator, above or below', async () => {
    class ProductService {
      @Loud
      @Decorator
      async below(id: string): Promise<string> {
        return `product ${id}`;
      }
      @Decorator
      @Loud
      async above(id: string): Promise<string> {
        return `product ${id}`;
      }
    }
    const service = withTestCache(new ProductService());

    expect(await service.below('1')).toBe('PRODUCT 1');
    expect(await service.above('1')).toBe('PRODUCT 1');
  });

  it('is refused when the class is defined if it is static, a getter, a setter or a property, naming Class.method', () => {
    const definitions: [() => unknown, RegExp][] = [
      [
        () => {
          class ProductService {
            @Decorator
            static async all(): Promise<void> {}
            readonly name = 'product';
          }
          return ProductService;
        },
        /ProductService\.all: a static method/,
      ],
      [
        () => {
          class ProductService {
            @Decorator
            get first(): Promise<string> {
              return Promise.resolve('');
            }
          }
          return ProductService;
        },
        /ProductService\.first: this is a getter/,
      ],
      [
        () => Reflect.apply(Decorator, undefined, [new Date(), 'zone']),
        /Date\.zone: this is a getter, setter or property/,
      ],
      [() => Reflect.apply(Decorator, undefined, [() => {}, { kind: 'method' }]), /experimentalDecorators/],
    ];
    for (const [define, message] of definitions) {
      expect(define).toThrow(InvalidOptionsError);
      expect(define).toThrow(message);
      expect(define).toThrow(`@${decorator}`);
    }
  });
});

describe('A controller with a cached route', () => {
  let app: INestApplication | undefined;
  afterEach(() => app?.close());

  it('keeps its route, its parameters, its headers and its status', async () => {
    @Injectable()
    class Counter {
      calls = 0;
    }
    @Controller('products')
    class ProductController {
      readonly #counter: Counter;
      constructor(counter: Counter) {
        this.#counter = counter;
      }
      @Cacheable({ key: (id, locale) => [id, locale ?? ''] })
      @Get(':id')
      @Header('x-shop', 'acme')
      @HttpCode(203)
      async find(@Param('id') id: string, @Query('locale') locale?: string): Promise<object> {
        this.#counter.calls += 1;
        return { id, locale };
      }
    }
    const testing = await Test.createTestingModule({
      controllers: [ProductController],
      providers: [Counter, provideTestCache()],
    }).compile();
    app = testing.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();

    for (const calls of [1, 1]) {
      const response = await fetch(`${url}/products/7?locale=de`);
      expect(response.status).toBe(203);
      expect(response.headers.get('x-shop')).toBe('acme');
      expect(await response.json()).toEqual({ id: '7', locale: 'de' });
      expect(testing.get(Counter).calls).toBe(calls);
    }
  });
});
