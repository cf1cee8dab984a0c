import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { DistributedCache } from '../../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../../cache/distributed-cache.token.js';
import { fillCacheSlots } from '../../decorators/runtime/cache-slot.js';
import { type DecoratedClass, decoratedClassesIn, usesIn } from './decorated-classes.js';
import { refuseLeaksBetweenRequests, refuseSharedDefaultRegions, refuseUnknownCaches } from './decorated-refusals.js';
import { warningsAboutShortNames, warningsAboutUncachedRegions } from './decorated-warnings.js';

/** A cache and what the explorer has to know of it. @internal */
export interface ExploredCache {
  /** `undefined`: the unnamed cache. */
  readonly name: string | undefined;
  readonly cache: DistributedCache;
  /** Regions that are used other than by decorators: those in the options, and those already opened by code. */
  readonly regions: Iterable<string>;
}

/**
 * Looks at every decorated method of the application at boot. It refuses mistakes, warns about likely mistakes, and gives the cache to
 * instances that Nest did not create.
 *
 * @internal
 */
@Injectable()
export class DecoratedMethodsExplorer {
  readonly #modules: ModulesContainer;
  readonly #logger = new Logger('DistributedCache');

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.#modules = modules;
  }

  /**
   * Called once per cache, in `onModuleInit`, when all instances exist.
   *
   * @throws {InvalidOptionsError} naming the method and what to do
   */
  explore({ name, cache, regions }: ExploredCache): void {
    const classes = decoratedClassesIn(this.#modules);
    const uses = usesIn(classes);
    refuseUnknownCaches(uses, (wanted) => this.#isRegistered(wanted));

    const own = uses.filter(({ operation }) => operation.cache === name);
    refuseSharedDefaultRegions(own);
    refuseLeaksBetweenRequests(own);
    this.#fillIn(classes, name, cache);
    for (const warning of [...warningsAboutShortNames(own), ...warningsAboutUncachedRegions(own, regions)])
      this.#logger.warn(warning);
  }

  #isRegistered(name: string | undefined): boolean {
    const token = getDistributedCacheToken(name);
    return Array.from(this.#modules.values()).some((module) => module.providers.has(token));
  }

  #fillIn(classes: readonly DecoratedClass[], name: string | undefined, cache: DistributedCache): void {
    for (const instance of classes.flatMap(({ foreignInstances }) => foreignInstances)) {
      fillCacheSlots(instance, (wanted) => (wanted === name ? cache : undefined));
    }
  }
}
