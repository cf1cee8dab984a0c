import { Controller, Get, Injectable, Logger, Query, Req, Scope } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { booted } from '../../../../../test/support/instances/booted.js';
import { CacheEvict } from '../../decorators/cache-evict.decorator.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { CacheableMany } from '../../decorators/cacheable-many.decorator.js';
import { InvalidOptionsError } from '../../errors.js';

const warn = vi.spyOn(Logger.prototype, 'warn');
beforeEach(() => void warn.mockReset());

const byId = (ids: readonly string[]): Map<string, string> => new Map(ids.map((id) => [id, `product ${id}`]));

describe('At boot, @CacheableMany', () => {
  it('without key is refused on a request-scoped class; with a key it is accepted', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Leaking {
      @CacheableMany()
      async find(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class Careful {
      readonly tenant = 'acme';
      @CacheableMany({
        key(id) {
          return [this.tenant, id];
        },
      })
      async find(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    await expect(booted({ providers: [Leaking] })).rejects.toThrow(
      /@CacheableMany on Leaking\.find: the class is request-scoped/,
    );
    await expect(booted({ providers: [Careful] })).resolves.toBeDefined();
  });

  it('without key is refused where a parameter belongs to one request, with a key of one id as the example', async () => {
    @Controller()
    class Products {
      @Get()
      @CacheableMany()
      async find(@Query('ids') ids: string[], @Req() _request: object): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    await expect(booted({ controllers: [Products] })).rejects.toThrow(
      /@CacheableMany on Products\.find: it takes @Req, .*key: \(id, request\) => \[id, /,
    );
  });

  it('and @Cacheable with one region and default keys are refused, with what to do if they are to share it', async () => {
    class Products {
      @Cacheable({ region: 'products' })
      async find(id: string): Promise<string> {
        return id;
      }
      @CacheableMany({ region: 'products' })
      async findMany(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    const failure = booted({ providers: [Products] });
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(
      /@CacheableMany on Products\.findMany: Products\.find reads the region 'products'.*to share it, say so by a key: key: \(id\) => id/s,
    );
  });

  it('shares a region with @Cacheable where one of them has a key', async () => {
    class Products {
      @Cacheable({ region: 'products', key: (id) => id })
      async find(id: string): Promise<string> {
        return `product ${id}`;
      }
      @CacheableMany({ region: 'products' })
      async findMany(ids: string[]): Promise<Map<string, string>> {
        return new Map(ids.map((id) => [id, 'loaded']));
      }
    }
    const testing = await booted({ providers: [Products] });
    const service = testing.get(Products);
    await service.find('1');
    expect([...(await service.findMany(['1', '2']))]).toEqual([
      ['1', 'product 1'],
      ['2', 'loaded'],
    ]);
  });

  it('in two classes of one name, with one default region, is refused', async () => {
    const made = (): new () => object => {
      class Products {
        @CacheableMany()
        async find(ids: string[]): Promise<Map<string, string>> {
          return byId(ids);
        }
      }
      return Products;
    };
    await expect(booted({ providers: [made(), made()] })).rejects.toThrow(
      /@CacheableMany on Products\.find: two classes named Products have the default region/,
    );
  });

  it('counts as a reader of its region: an eviction from that is no warning, from another it is one', async () => {
    class Products {
      @CacheableMany({ region: 'products' })
      async find(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
      @CacheEvict({ region: 'products', all: true })
      async change(): Promise<void> {}
      @CacheEvict({ region: 'product', all: true })
      async misspelt(): Promise<void> {}
    }
    await booted({ providers: [Products] });
    expect(warn.mock.calls.map(([message]) => String(message))).toEqual([
      `Products.misspelt evicts from region 'product', but nothing here caches in it. The nearest known region is 'products'.`,
    ]);
  });

  it('of an instance without a cache throws, and says what to do', async () => {
    class Products {
      @CacheableMany()
      async find(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    await expect(new Products().find(['1'])).rejects.toThrow(
      /^Products\.find: the instance has no cache.*withTestCache/s,
    );
  });
});
