import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { DistributedCache } from '../../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../../cache/distributed-cache.token.js';
import { fillCacheSlots } from '../../decorators/runtime/cache-slot.js';
import { type DecoratedClass, decoratedClassesIn, usesIn } from './decorated-classes.js';
import { refuseLeaksBetweenRequests, refuseSharedDefaultRegions, refuseUnknownCaches } from './decorated-refusals.js';
import { warningsAboutShortNames, warningsAboutUncachedRegions } from './decorated-warnings.js';

/** A cache, as the explorer has to know it. @internal */
export interface ExploredCache {
  /** `undefined`: the unnamed one. */
  readonly name: string | undefined;
  readonly cache: DistributedCache;
  /** The regions that something caches in beside the decorators: those of the options, those already opened. */
  readonly regions: Iterable<string>;
}

/**
 * Looks at every decorated method of the application at boot: refuses what would be wrong, warns about what is likely to be, and gives
 * the cache to instances that Nest did not inject.
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
   * To be called once per cache, when all instances exist: in `onModuleInit`.
   *
   * @throws {InvalidOptionsError} naming the method and how to mend it
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
