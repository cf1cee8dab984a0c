import {
  type CallHandler,
  type ExecutionContext,
  type FactoryProvider,
  Inject,
  Injectable,
  type NestInterceptor,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_INTERCEPTOR, ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { unsafeCast } from '../common/unsafe-cast.js';
import { cachingOf, type HttpCaching, type Refusal } from './caching.js';
import { type AnyHttpCacheOptions, checkHttpCacheOptions, type HttpCacheOptions } from './http-cache.options.js';
import type { HttpCacheRequest, IncomingRequest } from './request.js';
import { Route } from './route.js';

type Handler = ReturnType<ExecutionContext['getHandler']>;
type Controller = ReturnType<ExecutionContext['getClass']>;

/** Marks a request that one of these interceptors has dealt with: those further in leave it alone. */
const DEALT_WITH = Symbol('nestjs-distributed-cache:http');

/**
 * Answers requests with cached responses. `@HttpCache` brings it along. As a global interceptor it caches the `GET` handlers of all controllers,
 * with their options or with none:
 *
 * ```ts
 * providers: [{ provide: APP_INTERCEPTOR, useClass: HttpCacheInterceptor }]
 * ```
 *
 * Of several for one request, the outermost acts, with the options of all of them: what is nearer to the handler wins.
 *
 * @see provideHttpCache
 * @publicApi
 */
@Injectable()
export class HttpCacheInterceptor implements NestInterceptor, OnModuleInit {
  readonly #caching: HttpCaching;
  readonly #routes = new WeakMap<Handler, WeakMap<Controller, { readonly route: Route | Refusal }>>();
  #given: AnyHttpCacheOptions | undefined;

  constructor(
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(ModuleRef) modules: ModuleRef,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(ModulesContainer) container: ModulesContainer,
  ) {
    this.#caching = cachingOf(host, modules, config, container);
  }

  /** The interceptor with options of its own. @internal */
  static with(
    options: AnyHttpCacheOptions,
    ...parts: ConstructorParameters<typeof HttpCacheInterceptor>
  ): HttpCacheInterceptor {
    const interceptor = new HttpCacheInterceptor(...parts);
    interceptor.#given = options;
    return interceptor;
  }

  /** @throws {InvalidOptionsError} when a handler is to use a cache that is not there @internal */
  onModuleInit(): void {
    this.#caching.check(this.#given);
  }

  /** Called by Nest for each request. A route without `@HttpCache` is left as it is. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> | Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    const request: IncomingRequest & { [DEALT_WITH]?: boolean } = context.getArgByIndex(0);
    if (request[DEALT_WITH]) return next.handle();
    request[DEALT_WITH] = true;
    const route = this.#routeOf(context.getHandler(), context.getClass());
    if (route === undefined) return next.handle();
    const response: object = context.getArgByIndex(1);
    return route.intercept(request, response, next);
  }

  #routeOf(handler: Handler, controller: Controller): Route | Refusal {
    let known = this.#routes.get(handler);
    if (!known) this.#routes.set(handler, (known = new WeakMap()));
    let entry = known.get(controller);
    if (!entry)
      known.set(controller, (entry = { route: this.#caching.routeOf(controller, unsafeCast(handler), this.#given) }));
    return entry.route;
  }
}

/**
 * {@link HttpCacheInterceptor} as a global interceptor, with options for the whole application:
 *
 * ```ts
 * providers: [provideHttpCache({ ttl: '1m', control: 'no-cache' })]
 * ```
 *
 * @throws {InvalidOptionsError} when an option is not allowed
 *
 * @publicApi
 */
export function provideHttpCache<Request extends object = HttpCacheRequest>(
  options: HttpCacheOptions<Request> = {},
): FactoryProvider<HttpCacheInterceptor> {
  const given: AnyHttpCacheOptions = unsafeCast(options);
  checkHttpCacheOptions(given, 'provideHttpCache');
  return {
    provide: APP_INTERCEPTOR,
    inject: [HttpAdapterHost, ModuleRef, ApplicationConfig, ModulesContainer],
    useFactory: (...parts: ConstructorParameters<typeof HttpCacheInterceptor>) =>
      HttpCacheInterceptor.with(given, ...parts),
  };
}
