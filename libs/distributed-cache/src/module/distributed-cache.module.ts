import { ConfigurableModuleBuilder, Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { systemClock } from '../common/clock.js';
import { describeValue } from '../common/describe-value.js';
import { InvalidOptionsError } from '../errors.js';
import { DecoratedMethodsExplorer } from './boot-checks/decorated-methods.explorer.js';
import { DistributedCacheLifecycle } from './distributed-cache.lifecycle.js';
import type { DistributedCacheOptions } from './options/distributed-cache.options.js';
import { flag, notAllowed } from './options/option-rules.js';
import { resolveSettings } from './options/resolve-settings.js';
import { CACHE_MANAGER } from './boot-checks/sole-cache-manager.js';

/** What has to be known before any provider exists, and so cannot come from a factory. @publicApi */
export interface DistributedCacheExtras {
  /** Makes a further, independent cache, injected by `@InjectDistributedCache(name)`. Default: the unnamed one. */
  name?: string | undefined;
  /** Whether every module can inject the cache. Default: `true`. */
  isGlobal?: boolean | undefined;
  /** With `forRootAsync`: `false` gives up the token `CACHE_MANAGER`. Default: `true`. */
  cacheManager?: boolean | undefined;
}

const extras: DistributedCacheExtras = { name: undefined, isGlobal: true, cacheManager: true };

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<DistributedCacheOptions>({ moduleName: 'DistributedCache' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createDistributedCacheOptions')
    .setExtras(extras, (definition, { name, isGlobal, cacheManager }) => ({
      ...definition,
      global: isGlobal ?? true,
      providers: [...(definition.providers ?? []), ...providersOf({ name, isGlobal, cacheManager })],
      exports: [
        getDistributedCacheToken(name),
        ...(providesCacheManager({ name, cacheManager }) ? [CACHE_MANAGER] : []),
      ],
    }))
    .build();

/**
 * Switches the cache on. Without a connection string it runs in local mode.
 *
 * @example
 * @Module({ imports: [ConfigModule.forRoot({ isGlobal: true }), DistributedCacheModule.forRoot()] })
 * export class AppModule {}
 *
 * @publicApi
 */
@Module({})
export class DistributedCacheModule extends ConfigurableModuleClass {
  /** Registers a cache with the given options; all of them have defaults. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Registers a cache whose options come from a factory, a class or an existing provider. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options);
  }
}

function providersOf(given: DistributedCacheExtras): Provider[] {
  const { name } = given;
  const cacheManagerToken = providesCacheManager(given) ? CACHE_MANAGER : undefined;
  const token = getDistributedCacheToken(name);
  return [
    DecoratedMethodsExplorer,
    {
      provide: DistributedCacheLifecycle,
      inject: [MODULE_OPTIONS_TOKEN, ModuleRef, ModulesContainer, DecoratedMethodsExplorer],
      useFactory: (
        options: DistributedCacheOptions,
        moduleRef: ModuleRef,
        modules: ModulesContainer,
        explorer: DecoratedMethodsExplorer,
      ) => {
        checkExtras(given);
        const settings = resolveSettings(options, name);
        if (cacheManagerToken !== undefined) refuseLateCacheManager(options);
        const { clock = systemClock } = options;
        const cache = new DistributedCache(settings, { clock, logger: new Logger('DistributedCache') });
        return new DistributedCacheLifecycle({
          name,
          cache,
          options,
          clock,
          moduleRef,
          modules,
          explorer,
          cacheManagerToken,
        });
      },
    },
    {
      provide: token,
      inject: [DistributedCacheLifecycle],
      useFactory: (lifecycle: DistributedCacheLifecycle) => {
        lifecycle.startEarlyInLocalMode();
        return lifecycle.cache;
      },
    },
    ...(cacheManagerToken === undefined
      ? []
      : [
          {
            provide: cacheManagerToken,
            inject: [token],
            useFactory: ({ cacheManager }: DistributedCache) => cacheManager,
          },
        ]),
  ];
}

/** One token, so one cache can have it: the unnamed one. */
function providesCacheManager({ name, cacheManager }: DistributedCacheExtras): boolean {
  return name === undefined && (cacheManager ?? true);
}

/** They are taken out of the options before these are checked. */
function checkExtras({ name, isGlobal = true, cacheManager = true }: DistributedCacheExtras): void {
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    notAllowed('DistributedCacheModule: name', describeValue(name), 'a text that is not empty, or undefined');
  }
  flag(isGlobal, 'DistributedCacheModule: isGlobal');
  flag(cacheManager, 'DistributedCacheModule: cacheManager');
}

function refuseLateCacheManager(options: DistributedCacheOptions): void {
  if (options.cacheManager !== false) return;
  throw new InvalidOptionsError(
    `DistributedCacheModule: the factory of forRootAsync says cacheManager: false, but which tokens a module provides is settled before ` +
      `the factory runs. Give it beside the factory: forRootAsync({ cacheManager: false, useFactory: … }).`,
  );
}
