import { Controller, Get } from '@nestjs/common';
import { HttpCache } from 'nestjs-distributed-cache/http';
import { PRODUCT_LISTS } from './product-lists.js';
import { CategoriesService } from './categories.service.js';

@Controller('categories')
export class CategoriesController {
  readonly #categories: CategoriesService;

  constructor(categories: CategoriesService) {
    this.#categories = categories;
  }

  @Get()
  @HttpCache({ ttl: '1m', query: [], tags: [PRODUCT_LISTS], control: 'no-cache' })
  all() {
    return this.#categories.all();
  }
}
