import 'reflect-metadata';
import { Module, type INestApplicationContext, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedCache, DistributedCacheModule, type DistributedCacheOptions } from 'nestjs-distributed-cache';
import { onTestFinished } from 'vitest';

/** One instance of a Nest application that uses the cache. */
export interface Application {
  readonly context: INestApplicationContext;
  readonly cache: DistributedCache;
  get<T>(type: Type<T>): T;
  close(): Promise<void>;
}

/** Starts one instance, as `main.ts` of an application does. It is closed after the test, unless the test closes it. */
export async function startApplication(
  options: DistributedCacheOptions,
  providers: Provider[] = [],
): Promise<Application> {
  @Module({ imports: [DistributedCacheModule.forRoot(options)], providers })
  class ApplicationModule {}

  const context = await NestFactory.createApplicationContext(ApplicationModule, { logger: false, abortOnError: false });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= context.close());
  onTestFinished(close);
  return { context, cache: context.get(DistributedCache), get: (type) => context.get(type), close };
}

/** Starts several instances of one application. */
export function startApplications(
  count: number,
  options: DistributedCacheOptions,
  providers: Provider[] = [],
): Promise<Application[]> {
  return Promise.all(Array.from({ length: count }, () => startApplication(options, providers)));
}
