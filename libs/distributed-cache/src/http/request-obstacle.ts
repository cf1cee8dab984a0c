import type { AnyHttpCacheOptions } from './http-cache.options.js';
import { headerOf, type IncomingRequest } from './request.js';
import { hasDirective } from './response/stored-response.js';

/**
 * Why a request is left to the handler, in words, which name headers and never their values; `undefined`: it may be answered with a cached
 * response.
 *
 * @internal
 */
export function obstacleOf(
  request: IncomingRequest,
  scope: string | undefined,
  { honourRequest }: AnyHttpCacheOptions,
): string | undefined {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') return `${method} is not cached`;
  if (scope === undefined) {
    if (headers['authorization'] !== undefined) return 'the request has Authorization, and there is no scope';
    if (headers['cookie'] !== undefined) return 'the request has a cookie, and there is no scope';
    if (request.user !== undefined && request.user !== null) return 'the request has a user, and there is no scope';
  }
  if (headers['range'] !== undefined) return 'the request has Range';
  if (headers['if-match'] !== undefined) return 'the request has If-Match';
  if (headers['if-unmodified-since'] !== undefined) return 'the request has If-Unmodified-Since';
  if (honourRequest) {
    const control = headerOf(request, 'cache-control');
    if (hasDirective(control, 'no-cache') || hasDirective(control, 'no-store'))
      return 'the request has Cache-Control: no-cache or no-store';
  }
  return undefined;
}
