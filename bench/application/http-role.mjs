import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Module, ValidationPipe } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DistributedCacheModule } from 'nestjs-distributed-cache';
import { ListingsService } from 'sample/dist/products/listings.service.js';
import { ProductsModule } from 'sample/dist/products/products.module.js';

/** The sample without a cache, with our cache as the sample configures it, and with the interceptor of `@nestjs/cache-manager`. */
const CACHES = {
  none: () => ({ imports: [DistributedCacheModule.forRoot({ enabled: false })], providers: [] }),
  ours: (/** @type {string} */ redisConnectionString) => ({
    imports: [DistributedCacheModule.forRoot({ redisConnectionString, namespace: 'bench' })],
    providers: [],
  }),
  interceptor: () => ({
    // Our cache is off, so the decorated methods of the sample run each time: the interceptor is the only cache.
    imports: [
      DistributedCacheModule.forRoot({ enabled: false, cacheManager: false }),
      CacheModule.register({ isGlobal: true, ttl: 600_000 }),
    ],
    providers: [{ provide: APP_INTERCEPTOR, useClass: CacheInterceptor }],
  }),
};

const ADAPTERS = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

/** As long as a page of products. */
const CONSTANT = JSON.stringify(
  Array.from({ length: 20 }, (_, id) => ({ id, name: 'Halden Studio Headphones', price: 129.9 })),
);

/** The list of the sample without `@HttpCache`, and the least that a handler can do. */
class BareController {
  /** @type {ListingsService | undefined} */
  listings;

  list() {
    return this.listings?.page(null, 1);
  }

  constant() {
    return CONSTANT;
  }
}
const { prototype } = BareController;
for (const name of /** @type {const} */ (['list', 'constant']))
  Get(name)(prototype, name, Object.getOwnPropertyDescriptor(prototype, name) ?? {});
Controller('bare')(BareController);

/**
 * A server with the product routes of the sample, and bare ones.
 *
 * @param {{ connectionString: string, caching: keyof typeof CACHES, adapter?: keyof typeof ADAPTERS }} given
 */
export async function http({ connectionString, caching, adapter = 'express' }) {
  const directory = await mkdtemp(join(tmpdir(), 'bench-sample-'));
  process.env['DATABASE_FILE'] = join(directory, 'catalogue.sqlite');
  const { imports, providers } = CACHES[caching](connectionString);
  class BenchModule {}
  Module({
    imports: [ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true }), ...imports, ProductsModule],
    controllers: [BareController],
    providers,
  })(BenchModule);
  const app = await NestFactory.create(BenchModule, ADAPTERS[adapter](), { logger: ['error'] });
  app.get(BareController).listings = app.get(ListingsService, { strict: false });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    answers: { url: () => ({ url }) },
    stop: async () => {
      await app.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
