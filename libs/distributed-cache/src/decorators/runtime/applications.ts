import type { DistributedCache } from '../../cache/distributed-cache.js';
import { processWide, SHARED_VERSION } from '../../common/copies-of-the-library.js';
import { InvalidOptionsError } from '../../errors.js';
import { decoratedMethodsOf } from './decorated-methods.js';
import { classNameOf, label } from './method-site.js';

/**
 * An application that has registered a cache, for decorated methods of instances that Nest did not inject into, and for instances that
 * did not exist at boot. One cache of an application is one `Application`.
 *
 * @internal
 */
export interface Application {
  /** Its cache, if that has this name (`undefined`: the unnamed one) and the application provides this instance, which Nest has not made. */
  cacheFor(instance: object, name: string | undefined): DistributedCache | undefined;
  /**
   * Called at the first call of a decorated method on each instance that holds `cache`.
   *
   * @throws {InvalidOptionsError} when the cache is that of this application, and the instance must not use it
   */
  admit(instance: object, cache: DistributedCache): void;
  /** Whether this is its cache. */
  owns(cache: DistributedCache): boolean;
  /** The tokens of its factories that make an instance for each request: what they have made cannot be found. */
  readonly factoriesOfRequests: readonly string[];
}

/** The applications of this process that run, each held weakly: many tests never close theirs. @internal */
export class Applications {
  #known: WeakRef<Application>[] = [];

  add(application: Application): void {
    this.#known = [...this.#living(), application].map((each) => new WeakRef(each));
  }

  remove(application: Application): void {
    this.#known = this.#known.filter((each) => each.deref() !== application);
  }

  /** @throws {InvalidOptionsError} when two of them provide the instance, since it can only use the cache of one */
  cacheFor(instance: object, name: string | undefined): DistributedCache | undefined {
    const caches = new Set(this.#living().flatMap((application) => application.cacheFor(instance, name) ?? []));
    if (caches.size > 1) throw new InvalidOptionsError(hasAnother(instance));
    const [cache] = caches;
    return cache;
  }

  admit(instance: object, cache: DistributedCache): void {
    for (const application of this.#living()) application.admit(instance, cache);
  }

  /** Whether it is the cache of an application. */
  own(cache: DistributedCache): boolean {
    return this.#living().some((application) => application.owns(cache));
  }

  get factoriesOfRequests(): readonly string[] {
    return [...new Set(this.#living().flatMap(({ factoriesOfRequests }) => factoriesOfRequests))];
  }

  #living(): Application[] {
    return this.#known.flatMap((each) => each.deref() ?? []);
  }
}

/** What is said when two applications that run are given one instance. @internal */
export function hasAnother(instance: object): string {
  const [method] = decoratedMethodsOf(instance);
  const where = method ? `${method.decorator} on ${label(instance, method.name)}` : classNameOf(instance);
  return (
    `${where}: the application is given an instance that uses the cache of another application, which still runs, and it can only use one. ` +
    `Close the other application first (await app.close()), or make an instance for each.`
  );
}

/** @internal */
export const applications = processWide(`applications:${SHARED_VERSION}`, () => new Applications());
