import { Injectable } from '@nestjs/common';
import { Cacheable } from 'nestjs-distributed-cache';
import { PRODUCT_LISTS } from './product-lists.js';
import { ProductRepository } from './product.repository.js';
import type { ProductPage } from './product.js';

/** Pages of products. They are cached for a minute, or until any product changes. */
@Injectable()
export class ListingsService {
  readonly #repository: ProductRepository;

  constructor(repository: ProductRepository) {
    this.#repository = repository;
  }

  /** @param category - `null` for all categories */
  @Cacheable({ region: 'listings', ttl: '1m', tags: [PRODUCT_LISTS] })
  async page(category: string | null, page: number): Promise<ProductPage> {
    return this.#repository.findPage(category, page);
  }
}
