import { Injectable, Logger, mixin } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { booted } from '../../../../../test/support/instances/booted.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { InvalidOptionsError } from '../../errors.js';

const debug = vi.spyOn(Logger.prototype, 'debug');
beforeEach(() => void debug.mockReset());

const find = async (id: string): Promise<string> => `product ${id}`;
const reviews = async (id: string): Promise<string> => `reviews of ${id}`;

describe('Two methods with one region that they name', () => {
  it('are refused with default keys, with an error that names both and what to do', async () => {
    class Products {
      @Cacheable({ region: 'products' })
      find(id: string): Promise<string> {
        return find(id);
      }
      @Cacheable({ region: 'products' })
      reviews(id: string): Promise<string> {
        return reviews(id);
      }
    }
    const failure = booted({ providers: [Products] });
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(
      /@Cacheable on Products\.reviews: Products\.find reads the region 'products' as well.*key: \(id\) => \['reviews', id\]/s,
    );
  });

  it('are refused with default keys in two classes', async () => {
    class Products {
      @Cacheable({ region: 'products' })
      find(id: string): Promise<string> {
        return find(id);
      }
    }
    class Reviews {
      @Cacheable({ region: 'products' })
      find(id: string): Promise<string> {
        return reviews(id);
      }
    }
    await expect(booted({ providers: [Products, Reviews] })).rejects.toThrow(/Reviews\.find: Products\.find reads/);
  });

  it('are refused with a default key when two classes inherit them from one', async () => {
    abstract class Repository {
      abstract readonly kind: string;
      @Cacheable({ region: 'entities' })
      async find(id: string): Promise<string> {
        return `${this.kind} ${id}`;
      }
    }
    class Users extends Repository {
      readonly kind = 'user';
    }
    class Products extends Repository {
      readonly kind = 'product';
    }
    await expect(booted({ providers: [Users, Products] })).rejects.toThrow(
      /Products\.find: Users\.find reads the region 'entities'/,
    );
  });

  it('are accepted in a class and in one that extends it', async () => {
    class Products {
      @Cacheable({ region: 'products' })
      find(id: string): Promise<string> {
        return find(id);
      }
    }
    class AuditedProducts extends Products {}
    await expect(booted({ providers: [Products, AuditedProducts] })).resolves.toBeDefined();
  });

  it('are accepted with keys of their own, and said at debug', async () => {
    class Products {
      @Cacheable({ region: 'products' })
      find(id: string): Promise<string> {
        return find(id);
      }
      @Cacheable({ region: 'products', key: (id) => ['reviews', id] })
      reviews(id: string): Promise<string> {
        return reviews(id);
      }
    }
    await expect(booted({ providers: [Products] })).resolves.toBeDefined();
    expect(debug.mock.calls).toEqual([
      ["Region 'products' is read by Products.find, Products.reviews: their keys decide what they share."],
    ]);
  });

  it('are accepted when one overrides the other', async () => {
    class Products {
      @Cacheable({ region: 'products' })
      find(id: string): Promise<string> {
        return find(id);
      }
    }
    class Offers extends Products {
      @Cacheable({ region: 'products' })
      override find(id: string): Promise<string> {
        return super.find(id);
      }
    }
    const testing = await booted({ providers: [Offers] });
    expect(await testing.get(Offers).find('1')).toBe('product 1');
  });
});

describe('A default region is refused', () => {
  it('for two methods that are named by symbols of one description', async () => {
    const [one, other] = [Symbol('find'), Symbol('find')];
    class Products {
      @Cacheable()
      [one](id: string): Promise<string> {
        return find(id);
      }
      @Cacheable()
      [other](id: string): Promise<string> {
        return reviews(id);
      }
    }
    await expect(booted({ providers: [Products] })).rejects.toThrow(
      /two methods of Products are called Symbol\(find\).*give one of the methods a region/s,
    );
  });

  it('for a symbol and a text that reads like it', async () => {
    const symbol = Symbol('find');
    class Products {
      @Cacheable()
      [symbol](id: string): Promise<string> {
        return find(id);
      }
      @Cacheable()
      'Symbol(find)'(id: string): Promise<string> {
        return reviews(id);
      }
    }
    await expect(booted({ providers: [Products] })).rejects.toThrow(/two methods of Products/);
  });

  it('for a class that mixin() has made, whose name is another one in each process', async () => {
    class Products {
      @Cacheable()
      find(id: string): Promise<string> {
        return find(id);
      }
    }
    const Mixed = mixin(class extends Products {});
    await expect(booted({ providers: [Mixed] })).rejects.toThrow(/made by mixin\(\).*Give the decorator a region/s);

    @Injectable()
    class Named extends Mixed {}
    await expect(booted({ providers: [Named] })).resolves.toBeDefined();
  });

  it('for a method of a mixin() class that an override calls', async () => {
    class Products {
      @Cacheable()
      find(id: string): Promise<string> {
        return find(id);
      }
    }
    const Mixed = mixin(Products);
    @Injectable()
    class Named extends Mixed {
      @Cacheable()
      override find(id: string): Promise<string> {
        return super.find(id);
      }
    }
    await expect(booted({ providers: [Named] })).rejects.toThrow(/made by mixin\(\)/);
  });

  it('for a class without a name', async () => {
    class Products {
      @Cacheable()
      find(id: string): Promise<string> {
        return find(id);
      }
    }
    const provider = { provide: 'products', useClass: (() => class extends Products {})() };
    await expect(booted({ providers: [provider] })).rejects.toThrow(/the class has no name/);
  });
});
