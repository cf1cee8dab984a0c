import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { CatalogueDatabase } from '../catalogue/catalogue-database.js';
import { catalogueConfig } from '../catalogue/catalogue.config.js';
import { CategoriesController } from './categories.controller.js';
import { CategoriesService } from './categories.service.js';
import { ListingsService } from './listings.service.js';
import { ProductRepository } from './product.repository.js';
import { ProductsController } from './products.controller.js';
import { ProductsService } from './products.service.js';

@Module({
  imports: [ConfigModule.forFeature(catalogueConfig)],
  controllers: [ProductsController, CategoriesController],
  providers: [
    { provide: CatalogueDatabase, inject: [catalogueConfig.KEY], useFactory: CatalogueDatabase.open },
    ProductRepository,
    ProductsService,
    ListingsService,
    CategoriesService,
  ],
})
export class ProductsModule {}
