import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors.js';
import { CacheEvict } from './cache-evict.decorator.js';
import { CachePut } from './cache-put.decorator.js';
import { CacheableMany } from './cacheable-many.decorator.js';
import { Cacheable } from './cacheable.decorator.js';
import { Caching } from './caching.decorator.js';
import { HoldEvictions } from './hold-evictions.decorator.js';

/** The type checker refuses it; a build by SWC, or JavaScript, does not ask the type checker. */
describe.each(Object.entries({ Cacheable, CacheableMany, CachePut, CacheEvict, Caching, HoldEvictions }))(
  '@%s without parentheses',
  (name, decorator) => {
    it('is refused when the class is defined, by an error that names the method and the remedy', () => {
      class Products {
        find(): Promise<string> {
          return Promise.resolve('a product');
        }
      }
      const descriptor = Object.getOwnPropertyDescriptor(Products.prototype, 'find');
      const define = (): unknown => Reflect.apply(decorator, undefined, [Products.prototype, 'find', descriptor]);
      expect(define).toThrow(InvalidOptionsError);
      expect(define).toThrow(`@${name} on Products.find: the parentheses are missing. Write @${name}(…).`);
    });
  },
);
