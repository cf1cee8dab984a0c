import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { HttpCache } from 'nestjs-distributed-cache/http';
import { PRODUCT_LISTS } from './product-lists.js';
import { ListingsService } from './listings.service.js';
import { ProductIdPipe } from './product-id.pipe.js';
import { ChangeProductDto, CreateProductDto, ListProductsDto } from './product.dto.js';
import type { Product, ProductPage } from './product.js';
import { ProductsService } from './products.service.js';

@Controller('products')
export class ProductsController {
  readonly #products: ProductsService;
  readonly #listings: ListingsService;

  constructor(products: ProductsService, listings: ListingsService) {
    this.#products = products;
    this.#listings = listings;
  }

  /** The finished response is cached, until any product changes. A browser asks each time, and mostly gets a 304. */
  @Get()
  @HttpCache({ ttl: '1m', query: ['category', 'page'], tags: [PRODUCT_LISTS], control: 'no-cache' })
  async list(@Query() { category, page }: ListProductsDto): Promise<ProductPage> {
    return this.#listings.page(category || null, page);
  }

  @Get(':id')
  async find(@Param('id', ProductIdPipe) id: number): Promise<Product> {
    const product = await this.#products.find(id);
    if (product === null) throw new NotFoundException(`There is no product ${id}.`);
    return product;
  }

  @Post()
  async create(@Body() product: CreateProductDto): Promise<Product> {
    return this.#products.create(product);
  }

  /** Changes the fields that the body names. */
  @Put(':id')
  async change(@Param('id', ProductIdPipe) id: number, @Body() change: ChangeProductDto): Promise<Product> {
    if (Object.values(change).every((value) => value === undefined)) {
      throw new BadRequestException(['the body must name at least one of name, category, description, price, stock']);
    }
    return this.#products.change(id, change);
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Param('id', ProductIdPipe) id: number): Promise<void> {
    await this.#products.remove(id);
  }
}
