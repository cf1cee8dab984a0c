import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { DistributedCacheModule } from 'nestjs-distributed-cache';
import { AnswerHeaders } from './cache/answer-headers.middleware.js';
import { CacheController } from './cache/cache.controller.js';
import { CopyAges } from './cache/copy-ages.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { ProductsModule } from './products/products.module.js';

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true }),
    DistributedCacheModule.forRoot(),
    ObservabilityModule,
    ProductsModule,
  ],
  controllers: [CacheController],
  providers: [CopyAges],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(AnswerHeaders).forRoutes('{*path}');
  }
}
