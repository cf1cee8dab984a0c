import type { ModulesContainer } from '@nestjs/core';
import { InvalidOptionsError } from '../../errors.js';

/**
 * The token under which the module provides a `Cache` of cache-manager, on region `'default'`. It is the same string as in
 * `@nestjs/cache-manager`.
 *
 * @publicApi
 */
export const CACHE_MANAGER = 'CACHE_MANAGER';

/**
 * Refuses a second provider of `CACHE_MANAGER`: the order of imports would decide whether a class gets the coherent cache or another.
 *
 * @param own - the object that our module provides under the token; a module that provides the same object is not refused
 * @param ownModule - the name of our module, for the message
 * @throws {InvalidOptionsError} naming both modules
 *
 * @internal
 */
export function refuseOtherCacheManagers(modules: ModulesContainer, own: unknown, ownModule: string): void {
  for (const module of modules.values()) {
    const other = module.providers.get(CACHE_MANAGER);
    if (!other || other.instance === own) continue;
    throw new InvalidOptionsError(
      `${module.metatype.name} and ${ownModule} both provide the token '${CACHE_MANAGER}', so the order of imports would decide which cache a class gets. ` +
        `Remove it from ${module.metatype.name}: code that injects '${CACHE_MANAGER}' works with ${ownModule}. To keep it there, ` +
        `call ${ownModule}.forRoot({ cacheManager: false }).`,
    );
  }
}
