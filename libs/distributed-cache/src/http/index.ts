/** The public API of `nestjs-distributed-cache/http`: responses over HTTP. */

export { HttpCache } from './http-cache.decorator.js';
export { HttpCacheInterceptor, provideHttpCache } from './http-cache.interceptor.js';
export type { HttpCacheOptions } from './http-cache.options.js';
export type { HeaderValue, HttpCacheRequest, HttpCacheResponse } from './request.js';
