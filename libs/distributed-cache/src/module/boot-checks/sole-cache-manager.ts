import type { ModulesContainer } from '@nestjs/core';
import { InvalidOptionsError } from '../../errors.js';

/** The token of the cache-manager `Cache`; the same text as in `@nestjs/cache-manager`. @publicApi */
export const CACHE_MANAGER = 'CACHE_MANAGER';

/**
 * Two providers of `CACHE_MANAGER` would leave it to the order of imports which one a class gets: the coherent one or the other.
 *
 * @param own - what our module provides under the token; whoever passes that on is not another
 * @param ownModule - the name of our module
 * @throws {InvalidOptionsError} naming both modules
 *
 * @internal
 */
export function refuseOtherCacheManagers(modules: ModulesContainer, own: unknown, ownModule: string): void {
  for (const module of modules.values()) {
    const other = module.providers.get(CACHE_MANAGER);
    if (!other || other.instance === own) continue;
    throw new InvalidOptionsError(
      `${module.metatype.name} and ${ownModule} both provide the token '${CACHE_MANAGER}', so it would depend on the order of imports which cache a class gets. ` +
        `Remove it from ${module.metatype.name}: code that injects '${CACHE_MANAGER}' works with ${ownModule}. To keep both, give ` +
        `${ownModule}.forRoot({ cacheManager: false }).`,
    );
  }
}
