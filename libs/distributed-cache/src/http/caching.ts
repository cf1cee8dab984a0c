import { VersioningType, type Type } from '@nestjs/common';
import type { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { type DistributedCache, isDistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { unsafeCast } from '../common/unsafe-cast.js';
import { classNameOf, label } from '../decorators/runtime/method-site.js';
import { InvalidOptionsError } from '../errors.js';
import { nestLogger } from '../module/nest-logger.js';
import { allGivenOptionsOf, givenOptionsOf } from './given-options.js';
import { handlerMetadata, handlerName } from './handler-metadata.js';
import { type AnyHttpCacheOptions, DEFAULT_MAX_BODY, DEFAULT_STATUSES, mergedOptions } from './http-cache.options.js';
import { platformOf } from './platform/platforms.js';
import type { IncomingRequest } from './request.js';
import { Route } from './route.js';
import { UncachedRoute } from './uncached-route.js';
import { VaryNames } from './response/vary-names.js';

type Handler = (...args: never[]) => unknown;

/** A handler whose responses are never kept; `undefined`: it is none of our business. @internal */
export type Refusal = UncachedRoute | undefined;

/**
 * The caching of responses in one application.
 *
 * @internal
 */
export class HttpCaching {
  readonly #host: HttpAdapterHost;
  readonly #modules: ModuleRef;
  readonly #config: ApplicationConfig;
  readonly #logger = nestLogger();
  readonly #explained = new Set<string>();
  readonly #container: ModulesContainer;
  #routes = 0;
  #isChecked = false;

  constructor(host: HttpAdapterHost, modules: ModuleRef, config: ApplicationConfig, container: ModulesContainer) {
    this.#host = host;
    this.#modules = modules;
    this.#config = config;
    this.#container = container;
  }

  /**
   * Looks at all controllers, once.
   *
   * @param given - the options of a global interceptor
   * @throws {InvalidOptionsError} when a handler is to use a cache that is not there
   */
  check(given: AnyHttpCacheOptions | undefined): void {
    if (given) this.cacheNamed(given.cache, undefined);
    if (this.#isChecked) return;
    this.#isChecked = true;
    for (const { controllers } of this.#container.values())
      for (const { metatype } of controllers.values()) {
        if (typeof metatype !== 'function') continue;
        const prototype: object = metatype.prototype;
        for (const [name, options] of allGivenOptionsOf(prototype))
          this.cacheNamed(options.cache, name === undefined ? classNameOf(prototype) : label(prototype, name));
      }
  }

  /**
   * What is done with the requests to a handler.
   *
   * @param given - the options of the interceptor; `undefined`: it has none
   * @throws {InvalidOptionsError} when the cache that it is to use is not there
   */
  routeOf(controller: Type, handler: Handler, given: AnyHttpCacheOptions | undefined): Route | Refusal {
    const { handler: ofHandler, controller: ofController } = givenOptionsOf(
      controller.prototype,
      handlerName(controller.prototype, handler),
    );
    if (ofHandler === false || (ofController === false && ofHandler === undefined)) return undefined;
    const options = mergedOptions(given, ofController || undefined, ofHandler);
    const metadata = handlerMetadata(unsafeCast(controller), handler);
    const { label: place, obstacle } = metadata;
    const platform = platformOf(this.#host.httpAdapter);
    if (!platform) {
      this.explain(place, 'the adapter is neither that of Express nor that of Fastify');
      return undefined;
    }
    if (obstacle !== undefined) return new UncachedRoute(platform, () => this.explain(place, obstacle));
    const { headers: ofVersion, extract } = this.#versioning();
    const { statuses } = options;
    this.#routes += 1;
    return new Route({
      id: this.#routes,
      label: place,
      region: this.cacheNamed(options.cache, place).region(options.region ?? place),
      options,
      rules: {
        platform,
        statuses: statuses ? new Set(statuses) : DEFAULT_STATUSES,
        keepsErrors: statuses !== undefined,
        maxBody: options.maxBody ?? DEFAULT_MAX_BODY,
        ofHandler: metadata.headers,
        varyNames: new VaryNames([...(options.vary ?? []), ...ofVersion]),
        filters: metadata.filters,
        redirect: metadata.redirect,
        config: this.#config,
      },
      hasHosts: options.varyByHost ?? metadata.isHostBound,
      versionOf: extract,
      explain: (reason) => this.explain(place, reason),
    });
  }

  /** Says once for each handler and reason why something is not cached. */
  explain(handler: string, reason: string): void {
    const line = `${handler}\n${reason}`;
    if (this.#explained.has(line)) return;
    this.#explained.add(line);
    this.#logger.debug('A response is neither served from the cache nor kept', { handler, reason });
  }

  /** @throws {InvalidOptionsError} when it is not there */
  cacheNamed(name: string | undefined, where: string | undefined): DistributedCache {
    const cache: unknown = this.#provided(name);
    if (isDistributedCache(cache)) return cache;
    const call = name === undefined ? 'forRoot()' : `forRoot({ name: '${name}' })`;
    throw new InvalidOptionsError(
      `${where === undefined ? 'provideHttpCache' : `@HttpCache on ${where}`}: there is no cache${name === undefined ? '' : ` named '${name}'`}. Import DistributedCacheModule.${call}.`,
    );
  }

  #provided(name: string | undefined): unknown {
    try {
      return this.#modules.get(getDistributedCacheToken(name), { strict: false });
    } catch {
      return undefined;
    }
  }

  /** What selects the version of a handler, where it is not in the URL: one handler may have several. */
  #versioning(): { headers: readonly string[]; extract?: (request: IncomingRequest) => string } {
    const versioning = this.#config.getVersioning();
    switch (versioning?.type) {
      case VersioningType.HEADER:
        return { headers: [versioning.header] };
      case VersioningType.MEDIA_TYPE:
        return { headers: ['accept'] };
      case VersioningType.CUSTOM:
        return { headers: [], extract: (request) => String(versioning.extractor(request)) };
      case VersioningType.URI:
      case undefined:
        return { headers: [] };
    }
  }
}

const CACHINGS = new WeakMap<HttpAdapterHost, HttpCaching>();

/** The caching of the application that has this host. @internal */
export function cachingOf(
  host: HttpAdapterHost,
  modules: ModuleRef,
  config: ApplicationConfig,
  container: ModulesContainer,
): HttpCaching {
  const known = CACHINGS.get(host);
  if (known) return known;
  const caching = new HttpCaching(host, modules, config, container);
  CACHINGS.set(host, caching);
  return caching;
}
