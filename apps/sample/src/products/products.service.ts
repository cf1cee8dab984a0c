import { Injectable, NotFoundException } from '@nestjs/common';
import { Cacheable, CacheEvict, Caching } from 'nestjs-distributed-cache';
import { PRODUCT_LISTS } from './product-lists.js';
import { ProductRepository } from './product.repository.js';
import type { NewProduct, Product, ProductChange } from './product.js';

/** Single products, cached by their id. */
@Injectable()
export class ProductsService {
  readonly #repository: ProductRepository;

  constructor(repository: ProductRepository) {
    this.#repository = repository;
  }

  /** @returns `null` when there is no such product; `null` is cached too */
  @Cacheable({ region: 'products', key: (id) => id })
  async find(id: number): Promise<Product | null> {
    return this.#repository.findById(id);
  }

  @Caching({
    // The put replaces a cached `null`: somebody may have asked for this id before the product existed.
    put: [{ region: 'products', keyFromResult: (product) => product.id }],
    evict: [{ tags: [PRODUCT_LISTS] }],
  })
  async create(product: NewProduct): Promise<Product> {
    return this.#repository.insert(product);
  }

  @Caching({
    put: [{ region: 'products', key: (id) => id }],
    evict: [{ tags: [PRODUCT_LISTS] }],
  })
  async change(id: number, change: ProductChange): Promise<Product> {
    const product = await this.#repository.update(id, change);
    if (product === null) throw new NotFoundException(`There is no product ${id}.`);
    return product;
  }

  @CacheEvict({ region: 'products', key: (id) => id, tags: [PRODUCT_LISTS] })
  async remove(id: number): Promise<void> {
    if (!(await this.#repository.delete(id))) throw new NotFoundException(`There is no product ${id}.`);
  }
}
