import 'reflect-metadata';
import { Module, type INestApplicationContext, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedCache, DistributedCacheModule, type DistributedCacheOptions } from 'nestjs-distributed-cache';

/** One instance of an application that uses the cache. */
export interface Instance {
  readonly context: INestApplicationContext;
  readonly cache: DistributedCache;
  get<T>(type: Type<T>): T;
  close(): Promise<void>;
}

/** Starts one instance, as `main.ts` of an application does. */
export async function startInstance(options: DistributedCacheOptions, providers: Provider[] = []): Promise<Instance> {
  @Module({ imports: [DistributedCacheModule.forRoot(options)], providers })
  class ApplicationModule {}

  const context = await NestFactory.createApplicationContext(ApplicationModule, { logger: false, abortOnError: false });
  return {
    context,
    cache: context.get(DistributedCache),
    get: (type) => context.get(type),
    close: () => context.close(),
  };
}

/** Starts several instances of one application. */
export function startInstances(
  count: number,
  options: DistributedCacheOptions,
  providers: Provider[] = [],
): Promise<Instance[]> {
  return Promise.all(Array.from({ length: count }, () => startInstance(options, providers)));
}
