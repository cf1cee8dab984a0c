import { Injectable } from '@nestjs/common';
import { DistributedCache, type Region } from 'nestjs-distributed-cache';
import { PRODUCT_LISTS } from './product-lists.js';
import { ProductRepository } from './product.repository.js';
import type { Category } from './product.js';

/** Lists the categories. This service uses a region of the cache directly; the other services use decorators. */
@Injectable()
export class CategoriesService {
  readonly #repository: ProductRepository;
  readonly #categories: Region<readonly Category[]>;

  constructor(repository: ProductRepository, cache: DistributedCache) {
    this.#repository = repository;
    this.#categories = cache.region('categories');
  }

  async all(): Promise<readonly Category[]> {
    return this.#categories.getOrLoad('all', () => this.#repository.categories(), { tags: [PRODUCT_LISTS] });
  }
}
