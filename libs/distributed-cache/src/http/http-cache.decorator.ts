import { UseInterceptors } from '@nestjs/common';
import { unsafeCast } from '../common/unsafe-cast.js';
import { classNameOf, methodSite, placeOf } from '../decorators/runtime/method-site.js';
import { recordGivenOptions } from './given-options.js';
import { HttpCacheInterceptor } from './http-cache.interceptor.js';
import { type AnyHttpCacheOptions, checkHttpCacheOptions, type HttpCacheOptions } from './http-cache.options.js';
import type { HttpCacheRequest } from './request.js';

/**
 * Keeps the finished responses of a handler, or of all `GET` handlers of a controller: status, headers and the bytes of the body. A hit calls
 * neither the handler nor the interceptors nearer to it, and serialises nothing.
 *
 * ```ts
 * @HttpCache({ ttl: '1m', tags: (request) => [`product:${request.params.id}`] })
 * @Get(':id')
 * find(@Param('id') id: string): Promise<Product> { … }
 * ```
 *
 * @param options - `false`: the handler, or the controller, is left alone, whatever is further out says
 * @throws {InvalidOptionsError} when the class is defined: an option is not allowed, or this is neither a class nor an instance method
 *
 * @publicApi
 */
export function HttpCache<Request extends object = HttpCacheRequest>(
  options: HttpCacheOptions<Request> | false = {},
): ClassDecorator & MethodDecorator {
  // The callbacks are only ever called with the requests of their own handler.
  const given: AnyHttpCacheOptions | false = unsafeCast(options);
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    const site = name === undefined ? undefined : methodSite('@HttpCache', target, name, descriptor);
    const prototype: object = site ? target : unsafeCast<{ prototype: object }>(target).prototype;
    if (given !== false) checkHttpCacheOptions(given, site ? placeOf(site) : `@HttpCache on ${classNameOf(prototype)}`);
    recordGivenOptions(prototype, name, given);
    if (given === false) return;
    const intercepted: (...decorated: readonly unknown[]) => void = UseInterceptors(HttpCacheInterceptor);
    intercepted(target, name, descriptor);
  };
}
