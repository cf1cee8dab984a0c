import { classNameOf } from '../../decorators/runtime/method-site.js';
import { InvalidOptionsError } from '../../errors.js';
import { type DecoratedUse, whereIs } from './decorated-classes.js';
import { requestBoundParameter } from './decorated-request-parameters.js';

/**
 * Refuses two classes with the same name and the same default region: they would read each other's entries. Checked per application,
 * since a process may contain several.
 *
 * @throws {InvalidOptionsError} naming the method
 *
 * @internal
 */
export function refuseSharedDefaultRegions(uses: readonly DecoratedUse[]): void {
  const owners = new Map<string, DecoratedUse>();
  for (const use of uses) {
    if (use.operation.region !== 'default' || use.region === undefined) continue;
    const known = owners.get(use.region);
    if (known && (known.owner !== use.owner || known.method.target !== use.method.target)) {
      throw new InvalidOptionsError(
        `${use.method.decorator} on ${whereIs(use)}: two classes named ${classNameOf(use.owner.prototype)} have the default region '${use.region}', ` +
          `so they would share entries. Rename one of them, or give one of the methods a region.`,
      );
    }
    owners.set(use.region, use);
  }
}

/**
 * Refuses `@Cacheable` without `key` where the instance, or one of the arguments, belongs to one request. A key made of the arguments does
 * not contain the request, so a value that was loaded for one tenant would be served to the next.
 *
 * @throws {InvalidOptionsError} naming the method
 *
 * @internal
 */
export function refuseLeaksBetweenRequests(uses: readonly DecoratedUse[]): void {
  for (const use of uses) {
    if (use.operation.kind !== 'read' || !use.operation.keyOfArguments) continue;
    const where = `${use.method.decorator} on ${whereIs(use)}`;
    if (use.owner.isRequestScoped) {
      throw new InvalidOptionsError(
        `${where}: the class is request-scoped, itself or through a dependency, so the result may depend on more than the arguments, ` +
          `and one request would get a result that was loaded for another. Give key, made of everything that the result depends on: ` +
          `key(id) { return [this.tenant, id]; }`,
      );
    }
    const parameter = requestBoundParameter(use.owner.prototype, use.method.name);
    if (parameter !== undefined) {
      throw new InvalidOptionsError(
        `${where}: it takes ${parameter}, which belongs to one request and cannot be part of a key. ` +
          `Give key, made of what the result depends on: key: (request) => [request.params.id, request.headers['accept-language']]`,
      );
    }
  }
}

/**
 * Refuses a decorator that names a cache which no module registers.
 *
 * @param isRegistered - whether a cache with this name is registered; `undefined`: the unnamed cache
 * @throws {InvalidOptionsError} naming the method
 *
 * @internal
 */
export function refuseUnknownCaches(
  uses: readonly DecoratedUse[],
  isRegistered: (name: string | undefined) => boolean,
): void {
  for (const use of uses) {
    const { cache } = use.operation;
    if (isRegistered(cache)) continue;
    const options = cache === undefined ? '' : `{ name: '${cache}' }`;
    throw new InvalidOptionsError(
      `${use.method.decorator} on ${whereIs(use)} asks for ${cache === undefined ? 'the unnamed cache' : `the cache '${cache}'`}, which is not registered. ` +
        `Import DistributedCacheModule.forRoot(${options}) into the root module, or name a registered cache.`,
    );
  }
}
