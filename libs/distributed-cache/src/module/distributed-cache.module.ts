import {
  ConfigurableModuleBuilder,
  Module,
  type DynamicModule,
  type ExistingProvider,
  type Provider,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { DistributedCache, isDistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken, tokensOfOtherCopies } from '../cache/distributed-cache.token.js';
import { systemClock } from '../common/clock.js';
import { describeValue } from '../common/describe-value.js';
import { InvalidOptionsError } from '../errors.js';
import { DecoratedMethodsExplorer } from './boot-checks/decorated-methods.explorer.js';
import { nestLogger } from './nest-logger.js';
import { DistributedCacheLifecycle } from './distributed-cache.lifecycle.js';
import type { DistributedCacheOptions } from './options/distributed-cache.options.js';
import { flag, notAllowed } from './options/option-rules.js';
import { resolveSettings } from './options/resolve-settings.js';
import { CACHE_MANAGER } from './boot-checks/sole-cache-manager.js';

/**
 * The options that cannot come from the factory of `forRootAsync`, because Nest needs them before it runs any factory. With `forRootAsync`
 * they go beside the factory, with `forRoot` among the other options.
 *
 * @publicApi
 */
export interface DistributedCacheExtras {
  /**
   * Makes a further, independent cache, which is injected by `@InjectDistributedCache(name)`.
   *
   * @default the unnamed cache, which is injected by its class, `DistributedCache`
   */
  name?: string | undefined;
  /**
   * `true`: every module can inject the cache. `false`: only modules that import it can; then one module registers the cache and
   * re-exports `DistributedCacheModule`.
   *
   * @default true
   */
  isGlobal?: boolean | undefined;
  /**
   * `false`: the module does not provide the token `CACHE_MANAGER`, for an application that provides its own.
   *
   * @default true
   */
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
 * Registers a cache. If no connection string is found, the cache runs in local mode: it works in this instance alone.
 *
 * The cache connects when the application is initialised. Boot waits one second at most for Redis to answer, then goes on without it,
 * unless `abortConnect` is set. To deliver the last evictions at shutdown, call `app.enableShutdownHooks()`.
 *
 * @example
 * @Module({ imports: [ConfigModule.forRoot({ isGlobal: true }), DistributedCacheModule.forRoot()] })
 * export class AppModule {}
 *
 * @publicApi
 */
@Module({})
export class DistributedCacheModule extends ConfigurableModuleClass {
  /**
   * Registers a cache with the given options; all of them have a default.
   *
   * Boot rejects with `InvalidOptionsError` or `InvalidConnectionStringError` when one is not allowed, and with `RedisUnavailableError`
   * when `abortConnect` is set and Redis cannot be reached.
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return alsoForOtherCopies(super.forRoot(options), options.name);
  }

  /**
   * Registers a cache whose options come from a factory (`useFactory`), from a class (`useClass`) or from an existing provider
   * (`useExisting`). Boot rejects as with {@link forRoot}.
   *
   * @example
   * DistributedCacheModule.forRootAsync({ inject: [Settings], useFactory: (settings: Settings) => ({ ttl: settings.ttl }) })
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return alsoForOtherCopies(super.forRootAsync(options), options.name);
  }
}

/**
 * Provides the unnamed cache under the tokens of other copies of the library as well: in a monorepo with two copies, or in the registries of
 * Jest, a class may be decorated with one and the module imported from another.
 */
function alsoForOtherCopies(definition: DynamicModule, name: string | undefined): DynamicModule {
  if (name !== undefined) return definition;
  // Read when Nest scans the modules: by then all copies are loaded.
  const aliases = (): ExistingProvider[] =>
    tokensOfOtherCopies().map((token) => ({ provide: token, useExisting: DistributedCache }));
  return {
    ...definition,
    get providers() {
      return [...(definition.providers ?? []), ...aliases()];
    },
    get exports() {
      return [...(definition.exports ?? []), ...tokensOfOtherCopies()];
    },
  };
}

function providersOf(given: DistributedCacheExtras): Provider[] {
  const { name } = given;
  const cacheManagerToken = providesCacheManager(given) ? CACHE_MANAGER : undefined;
  const token = getDistributedCacheToken(name);
  return [
    DecoratedMethodsExplorer,
    {
      provide: DistributedCacheLifecycle,
      inject: [
        MODULE_OPTIONS_TOKEN,
        ModuleRef,
        ModulesContainer,
        DecoratedMethodsExplorer,
        // So that Nest makes the unnamed cache first, where there is one.
        ...(name === undefined ? [] : [{ token: getDistributedCacheToken(), optional: true }]),
      ],
      useFactory: (
        options: DistributedCacheOptions,
        moduleRef: ModuleRef,
        modules: ModulesContainer,
        explorer: DecoratedMethodsExplorer,
        unnamed?: unknown,
      ) => {
        checkExtras(given);
        const unnamedNamespace = name === undefined ? undefined : namespaceOfUnnamed(unnamed, modules);
        const settings = resolveSettings(options, { name, unnamedNamespace });
        if (cacheManagerToken !== undefined) refuseLateCacheManager(options);
        const { clock = systemClock } = options;
        const cache = new DistributedCache(settings, { clock, logger: nestLogger() });
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
      useFactory: async (lifecycle: DistributedCacheLifecycle) => {
        lifecycle.startEarlyInLocalMode();
        await lifecycle.startIfLoadedLazily();
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

/**
 * The namespace of the unnamed cache of an application; `undefined`: there is no such cache, or it has the default.
 *
 * @param unnamed - that cache, where Nest can inject it: it cannot where it is not global
 */
function namespaceOfUnnamed(unnamed: unknown, modules: ModulesContainer): string | undefined {
  if (isDistributedCache(unnamed)) return unnamed.status().namespace;
  for (const { providers } of modules.values()) {
    if (!providers.has(getDistributedCacheToken())) continue;
    const options: unknown = providers.get(MODULE_OPTIONS_TOKEN)?.instance;
    if (typeof options !== 'object' || options === null || !('namespace' in options)) continue;
    if (typeof options.namespace === 'string') return options.namespace;
  }
  return undefined;
}

/** Only the unnamed cache: there is one token, so only one cache can be provided under it. */
function providesCacheManager({ name, cacheManager }: DistributedCacheExtras): boolean {
  return name === undefined && (cacheManager ?? true);
}

/** Nest takes these out of the options, so `resolveSettings` does not see them. */
function checkExtras({ name, isGlobal = true, cacheManager = true }: DistributedCacheExtras): void {
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    notAllowed('DistributedCacheModule: name', describeValue(name), 'a non-empty string, or undefined');
  }
  flag(isGlobal, 'DistributedCacheModule: isGlobal');
  flag(cacheManager, 'DistributedCacheModule: cacheManager');
}

function refuseLateCacheManager(options: DistributedCacheOptions): void {
  if (options.cacheManager !== false) return;
  throw new InvalidOptionsError(
    `DistributedCacheModule: the factory of forRootAsync returned cacheManager: false, but Nest needs to know the tokens of a module before ` +
      `the factory runs. Move it beside the factory: forRootAsync({ cacheManager: false, useFactory: … }).`,
  );
}
