import { Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { lifecyclesIn } from '../module/distributed-cache.lifecycle.js';
import { instrumentCache, type CacheInstrumentationOptions } from './instrument-cache.js';

/** Instruments the caches of an application from its start to its end. */
class CacheInstrumentation implements OnModuleInit, OnApplicationShutdown {
  readonly #modules: ModulesContainer;
  readonly #options: CacheInstrumentationOptions;
  #stop: (() => void)[] = [];

  constructor(modules: ModulesContainer, options: CacheInstrumentationOptions) {
    this.#modules = modules;
    this.#options = options;
  }

  onModuleInit(): void {
    if (this.#stop.length > 0) return;
    this.#stop = lifecyclesIn(this.#modules).map(({ cache }) => instrumentCache(cache, this.#options));
  }

  onApplicationShutdown(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
  }
}

/**
 * Makes spans and metrics of all caches of an application, by the global providers of OpenTelemetry if none are given, as
 * {@link instrumentCache} does.
 *
 * @example
 * @Module({ imports: [DistributedCacheModule.forRoot(), DistributedCacheOpenTelemetryModule.forRoot()] })
 * export class AppModule {}
 *
 * @publicApi
 */
@Module({})
export class DistributedCacheOpenTelemetryModule {
  /** Imported once, in the root module of the application. */
  static forRoot(options: CacheInstrumentationOptions = {}): DynamicModule {
    return {
      module: DistributedCacheOpenTelemetryModule,
      providers: [
        {
          provide: CacheInstrumentation,
          inject: [ModulesContainer],
          useFactory: (modules: ModulesContainer) => new CacheInstrumentation(modules, options),
        },
      ],
    };
  }
}
