import { brandOf } from '../../cache/distributed-cache.js';
import { tokensOfOtherCopies } from '../../cache/distributed-cache.token.js';
import { OWN_LOCATION } from '../../common/copies-of-the-library.js';
import { applications } from './applications.js';
import { classNameOf, type MethodSite } from './method-site.js';

/** The description of the property into which Nest injects; Nest prints it when it cannot. @internal */
export function descriptionOfMissing({ decorator, target }: MethodSite, cache: string | undefined): string {
  return (
    `the cache that ${decorator} of ${classNameOf(target)} needs: import DistributedCacheModule.forRoot(${cache === undefined ? '' : `{ name: '${cache}' }`}) ` +
    `from 'nestjs-distributed-cache' into the root module, or in a test add ${provideTestCache(cache)} from 'nestjs-distributed-cache/testing' to the providers` +
    (cache === undefined && tokensOfOtherCopies().length > 0
      ? `; this process has loaded several copies of nestjs-distributed-cache, and the class is decorated with the one at ${OWN_LOCATION}`
      : '')
  );
}

/**
 * Why a decorated method cannot use what its instance holds: one sentence, and what to do.
 *
 * @param given - what the instance holds in the place of the cache
 *
 * @internal
 */
export function whyNoCache(instance: object, site: MethodSite, cache: string | undefined, given: unknown): string {
  if (given !== undefined && given !== null) return whyNotOurs(given);
  const { target, name } = site;
  const className = classNameOf(instance);
  if (!Object.prototype.isPrototypeOf.call(target, instance)) {
    return (
      `the method was copied from ${classNameOf(target)} to ${className}, and Nest injects only what a class declares itself or inherits. ` +
      `Let ${className} extend ${classNameOf(target)}, or decorate the method in ${className}.`
    );
  }
  if (isBeingConstructed(className)) {
    return (
      `it was called in the constructor of ${className}, and Nest injects the cache when that has ended. ` +
      `Call ${String(name)} in onModuleInit.`
    );
  }
  const factories = applications.factoriesOfRequests;
  const made =
    factories.length === 0 ? '' : `, nor can it see what the request-scoped factory of ${factories.join(' or ')} makes`;
  return (
    `the instance has no cache, because Nest did not make it${made}, or because its application is not initialised yet. ` +
    `${recipeForTests(target, cache)} In an application, let Nest make the instance: provide the class, or let the factory call ` +
    `moduleRef.create(${className}), and give key where it makes one for each request; and call it after await app.init(), or in onModuleInit.`
  );
}

function whyNotOurs(given: unknown): string {
  const brand = brandOf(given);
  return brand === undefined
    ? 'the object that was injected as the cache is not a DistributedCache (an auto-mock?). ' +
        'Inject a real one, which needs no Redis: provideTestCache() from nestjs-distributed-cache/testing.'
    : `the cache that was injected comes from another copy of nestjs-distributed-cache, of another version: that one lies at ${brand.location}, ` +
        `this one at ${OWN_LOCATION}. Install one version for both (npm ls nestjs-distributed-cache shows them).`;
}

function recipeForTests(target: object, cache: string | undefined): string {
  return (
    `In a test, add ${provideTestCache(cache)} to the providers of the testing module, or wrap an instance of your own: ` +
    `withTestCache(new ${classNameOf(target)}(…)); both are from 'nestjs-distributed-cache/testing'.`
  );
}

function provideTestCache(cache: string | undefined): string {
  return cache === undefined ? 'provideTestCache()' : `provideTestCache({ name: '${cache}' })`;
}

/** Whether a constructor of this class is on the stack. Only the words of an error depend on it. */
function isBeingConstructed(className: string): boolean {
  const { stack = '' } = new Error('here');
  return stack.split('\n').some((line) => line.trimStart().startsWith(`at new ${className} `));
}
