import { env } from 'node:process';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ModuleRef, ModulesContainer } from '@nestjs/core';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import type { Clock } from '../common/clock.js';
import { ignoreRejection } from '../common/ignore-rejection.js';
import { BridgeRefusal, type InvalidationBridge } from '../protocol/invalidation-bridge.js';
import { chooseBridge } from './bridge/choose-bridge.js';
import type { ChosenBridge } from './bridge/chosen-bridge.js';
import { findConnectionString, isRedisRequired, misspeltSettings } from './bridge/connection-source.js';
import type { DecoratedMethodsExplorer } from './boot-checks/decorated-methods.explorer.js';
import type { DistributedCacheOptions } from './options/distributed-cache.options.js';
import { BOOT_WAIT, firstSyncAtBoot } from './first-sync-at-boot.js';
import { lastLinesWritten } from './last-lines.js';
import { isLoadedLazily, whenApplicationStops } from './lazily-loaded.js';
import { earlySettingsReader, settingsReader } from './bridge/settings-reader.js';
import { refuseOtherCacheManagers } from './boot-checks/sole-cache-manager.js';
import {
  refuseSecondRegistration,
  refuseSharedNamespace,
  refuseStrayNamespace,
  type ConnectedCache,
  type NamedCache,
} from './boot-checks/sole-cache.js';

/** The interval of a timer that only keeps the process alive, so any long time will do. */
const KEEP_ALIVE_INTERVAL = 2 ** 30;

/** What the lifecycle of a cache works with. @internal */
export interface LifecycleParts {
  readonly name: string | undefined;
  readonly cache: DistributedCache;
  readonly options: DistributedCacheOptions;
  readonly clock: Clock;
  readonly moduleRef: ModuleRef;
  readonly modules: ModulesContainer;
  readonly explorer: DecoratedMethodsExplorer;
  /** The token that this module alone may provide; `undefined`: this module does not provide it. */
  readonly cacheManagerToken: string | undefined;
}

/** Starts a cache when its application starts, and closes it when its application stops. Nest may call both more than once. @internal */
export class DistributedCacheLifecycle implements NamedCache, OnModuleInit, OnApplicationShutdown {
  readonly name: string | undefined;
  readonly cache: DistributedCache;
  readonly #parts: LifecycleParts;
  readonly #logger = new Logger('DistributedCache');
  #choice: Promise<ChosenBridge> | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #leave: () => void = () => {};
  readonly #left = new Promise<void>((resolve) => (this.#leave = resolve));

  constructor(parts: LifecycleParts) {
    this.name = parts.name;
    this.cache = parts.cache;
    this.#parts = parts;
    const { name, options, moduleRef, explorer } = parts;
    explorer.watch({
      name,
      provided: () => moduleRef.get<unknown>(getDistributedCacheToken(name), { strict: true }),
      configuredRegions: Object.keys(options.regions ?? {}),
    });
  }

  get hasDefaultNamespace(): boolean {
    return this.#parts.options.namespace === undefined;
  }

  get namespace(): string {
    return this.cache.status().namespace;
  }

  /** How the instances reach each other; `undefined`: this one runs in local mode. Chosen once. */
  async bridge(): Promise<InvalidationBridge | undefined> {
    return (await this.#choose()).bridge;
  }

  /**
   * Starts the cache before `onModuleInit`, if it is already certain that it runs in local mode. So it also works in a module that is
   * compiled but never initialised, as in many unit tests.
   */
  startEarlyInLocalMode(): void {
    const { options, modules } = this.#parts;
    const read = earlySettingsReader(modules);
    if (!read || options.redis || options.bridge || isRedisRequired(options.requireRedis, read)) return;
    if (!findConnectionString(options.redisConnectionString, read)) this.cache.start();
  }

  /**
   * Starts the cache as at boot, if its module was loaded lazily: Nest calls no hooks there, and it would never reach another instance.
   *
   * @throws as {@link onModuleInit}, which makes the loading of the module fail
   */
  async startIfLoadedLazily(): Promise<void> {
    const { moduleRef, modules } = this.#parts;
    if (!isLoadedLazily(moduleRef, modules)) return;
    whenApplicationStops(modules, () => this.onApplicationShutdown());
    await (this.#started ??= keptAlive(this.#startOrStop([this])));
  }

  /** Nest initialises one module after the other, and each cache may wait for its server: they all start with the first. */
  onModuleInit(): Promise<void> {
    const all = lifecyclesIn(this.#parts.modules);
    const started = this.#startAmong(all);
    // Nest hears of their failure when it comes to their modules.
    for (const lifecycle of all) void ignoreRejection(lifecycle.#startAmong(all));
    return started;
  }

  /** Nest stops one cache after the other, and whoever ends the process waits for no sum of drain timeouts: they all stop with the first. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(Array.from(this.#all, (lifecycle) => lifecycle.#stop()));
  }

  /** The caches of the application. */
  get #all(): ReadonlySet<DistributedCacheLifecycle> {
    return new Set(lifecyclesIn(this.#parts.modules)).add(this);
  }

  #startAmong(all: readonly DistributedCacheLifecycle[]): Promise<void> {
    return (this.#started ??= keptAlive(this.#startOrStop(all)));
  }

  #stop(): Promise<void> {
    this.#leave();
    this.#parts.explorer.leave();
    return (this.#stopped ??= keptAlive(this.#close()));
  }

  async #close(): Promise<void> {
    const { outbox } = this.cache.status();
    await this.cache.close();
    // Then the log says what waited, and what was lost.
    if (outbox > 0) await lastLinesWritten(this.#parts.clock);
  }

  /** @param failing - what is stopped when the start fails */
  async #startOrStop(failing: readonly DistributedCacheLifecycle[]): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      // When boot fails the caller gets no application to close, and an open connection would keep the process alive.
      await Promise.all(failing.map((lifecycle) => lifecycle.#stop()));
      throw error;
    }
  }

  async #start(): Promise<void> {
    const all = this.#all;
    refuseSecondRegistration(this, all);
    refuseStrayNamespace(this, all);
    this.#refuseOtherCacheManagers();
    this.#parts.explorer.explore();
    // All caches are checked before any is started, so that a mistake is reported before anything connects.
    refuseSharedNamespace(await Promise.all(Array.from(all, (lifecycle) => lifecycle.#connected())));

    // A test has overridden the cache with another one, which the test starts and closes.
    const injected = this.#parts.moduleRef.get<unknown>(getDistributedCacheToken(this.name), { strict: true });
    // In a module that was loaded lazily, Nest is just about to provide it.
    if ((injected ?? this.cache) !== this.cache || this.#stopped) return;
    const chosen = await this.#choose();
    this.#announce(chosen);
    this.cache.start(chosen.bridge, chosen.commandTimeout, chosen.abortConnect);
    if (chosen.bridge) await this.#waitForFirstSync(chosen);
  }

  #refuseOtherCacheManagers(): void {
    const { cacheManagerToken, moduleRef, modules } = this.#parts;
    if (cacheManagerToken === undefined) return;
    const own = moduleRef.get<unknown>(cacheManagerToken, { strict: true });
    refuseOtherCacheManagers(modules, own, 'DistributedCacheModule');
  }

  async #connected(): Promise<ConnectedCache> {
    const { redisIdentity } = await this.#choose();
    return { name: this.name, namespace: this.namespace, redisIdentity };
  }

  #choose(): Promise<ChosenBridge> {
    const { options, moduleRef, name } = this.#parts;
    return (this.#choice ??= settingsReader(moduleRef).then((read) => chooseBridge(options, read, name)));
  }

  #announce({ bridge, source, ignored }: ChosenBridge): void {
    const label = this.name === undefined ? 'The cache' : `The cache '${this.name}'`;
    if (!bridge) return this.#announceLocalMode(label, source);
    this.#logger.log(`${label} connects to ${bridge.target} (from ${source}), namespace '${this.namespace}'.`);
    if (ignored.length > 0) {
      this.#logger.warn(
        `The connection string has options without effect here: ${ignored.join(', ')}. Remove them, or ignore this.`,
      );
    }
  }

  #announceLocalMode(label: string, source: string): void {
    const { redisConnectionString, abortConnect } = this.#parts.options;
    const isAskedFor = redisConnectionString !== undefined;
    const remedy = isAskedFor
      ? 'To run several, remove the option redisConnectionString, which wins over the setting RedisConnectionString.'
      : 'Set RedisConnectionString to run several.';
    this.#logger.log(`${label} runs in local mode (${source}): this instance is alone. ${remedy}`);
    if (isAskedFor) return;
    for (const [given, meant] of misspeltSettings(env)) {
      this.#logger.warn(`The environment sets ${given}, which nothing reads: did you mean ${meant}?`);
    }
    if (abortConnect === true) {
      this.#logger.warn(
        `abortConnect has no effect without a connection string. To refuse local mode, set requireRedis: true (or REDIS_CONNECTION_REQUIRED=true).`,
      );
    }
  }

  async #waitForFirstSync(chosen: ChosenBridge): Promise<void> {
    const outcome = await firstSyncAtBoot(this.cache, chosen, this.#parts.clock, this.#left);
    if (outcome !== 'given up') return;
    const target = chosen.bridge?.target ?? 'Redis';
    const failure = this.cache.firstSyncFailure;
    const soFar =
      failure === undefined
        ? `has not answered within ${BOOT_WAIT} ms`
        : `${failure instanceof BridgeRefusal ? 'has refused' : 'cannot be reached'}: ${failure.message}`;
    this.#logger.warn(`${target} ${soFar}. Starting without it, and trying again in the background.`);
  }
}

/** The caches of an application, those of modules that were loaded lazily among them. @internal */
export function lifecyclesIn(modules: ModulesContainer): DistributedCacheLifecycle[] {
  return Array.from(modules.values()).flatMap((module) => {
    const instance: unknown = module.providers.get(DistributedCacheLifecycle)?.instance;
    return instance instanceof DistributedCacheLifecycle ? [instance] : [];
  });
}

/**
 * Keeps the process alive until `work` settles. The timers of the cache never do, and while it starts or stops there may be nothing
 * else: Node would then end the process between two attempts to connect, without an error and without a line in the log.
 */
async function keptAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, KEEP_ALIVE_INTERVAL);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
