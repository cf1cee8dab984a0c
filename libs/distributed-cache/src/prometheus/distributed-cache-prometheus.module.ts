import { Module, type DynamicModule, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { lifecyclesIn } from '../module/distributed-cache.lifecycle.js';
import { collectCacheMetrics, type CacheMetricsOptions } from './collect-cache-metrics.js';

/** Shows the caches of an application from its start to its end. */
class CacheMetrics implements OnModuleInit, OnModuleDestroy {
  readonly #modules: ModulesContainer;
  readonly #options: Pick<CacheMetricsOptions, 'registry'>;
  #stop: (() => void)[] = [];

  constructor(modules: ModulesContainer, options: Pick<CacheMetricsOptions, 'registry'>) {
    this.#modules = modules;
    this.#options = options;
  }

  onModuleInit(): void {
    if (this.#stop.length > 0) return;
    this.#stop = lifecyclesIn(this.#modules).map(({ cache }) => collectCacheMetrics(cache, this.#options));
  }

  onModuleDestroy(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
  }
}

/**
 * Shows all caches of an application in a registry of prom-client, the default one if none is given, as {@link collectCacheMetrics} does.
 * How the registry is read over HTTP is the application's affair: see docs/operations.md.
 *
 * @example
 * @Module({ imports: [DistributedCacheModule.forRoot(), DistributedCachePrometheusModule.forRoot()] })
 * export class AppModule {}
 *
 * @publicApi
 */
@Module({})
export class DistributedCachePrometheusModule {
  /** Imported once, in the root module of the application. */
  static forRoot(options: Pick<CacheMetricsOptions, 'registry'> = {}): DynamicModule {
    return {
      module: DistributedCachePrometheusModule,
      providers: [
        {
          provide: CacheMetrics,
          inject: [ModulesContainer],
          useFactory: (modules: ModulesContainer) => new CacheMetrics(modules, options),
        },
      ],
    };
  }
}
