import { NO_POLICY, policyOf, type LoadPolicies } from '../cache/policies/load-policies.js';
import { canonicalTags, ttlOf } from '../cache/store-options.js';
import { describeValue } from '../common/describe-value.js';
import type { Duration } from '../common/duration.js';
import type { Tags } from '../decorators/method-types.js';
import { InvalidOptionsError } from '../errors.js';
import type { CacheKey } from '../keys/canonical-key.js';
import type { HttpCacheRequest, HttpCacheResponse } from './request.js';

/**
 * The options of `@HttpCache`. Those of a handler win over those of its controller, and those over the options of the application.
 *
 * @see docs/http.md
 * @publicApi
 */
export interface HttpCacheOptions<Request extends object = HttpCacheRequest> extends Omit<
  LoadPolicies,
  'nullTtl' | 'cacheUndefined'
> {
  /**
   * How long a response is kept, or a function that computes it after the handler. `0` is refused; a response whose computed TTL is 0 or less
   * is not stored; `undefined` means the TTL of the region.
   *
   * @default the TTL of the region
   */
  ttl?: Duration | ((request: Request, response: HttpCacheResponse) => Duration | undefined) | undefined;
  /**
   * Tags of the response, or a function that computes them after the handler. `@CacheEvict({ tags })` and `cache.evictTags()` evict by them,
   * on every instance.
   *
   * @default no tags
   * @example tags: (request) => [`product:${request.params.id}`]
   */
  tags?: Tags | ((request: Request, response: HttpCacheResponse) => Tags) | undefined;
  /**
   * The region that holds the responses.
   *
   * @default `'<controller>.<handler>'`, for example `'ProductsController.list'`
   */
  region?: string | undefined;
  /**
   * The name of the cache, as given to `DistributedCacheModule.forRoot({ name })`.
   *
   * @default the unnamed cache
   */
  cache?: string | undefined;
  /**
   * Replaces the host, the path and the query in the key. The request headers that select among responses, and the scope, are added in any
   * case. It must contain everything else that the response depends on.
   *
   * @default host if `varyByHost`, path, and query sorted by name and then by value
   */
  key?: ((request: Request) => CacheKey) | undefined;
  /**
   * The query parameters that count. Requests that differ in others share a response.
   *
   * @default all of them
   */
  query?: readonly string[] | undefined;
  /**
   * Whether each host has responses of its own.
   *
   * @default `true` for controllers with `host`, else `false`
   */
  varyByHost?: boolean | undefined;
  /**
   * Request headers that select among responses, beside those that the responses name in `Vary`. They are added to `Vary`.
   *
   * @default none
   */
  vary?: readonly string[] | undefined;
  /**
   * By whom a response is shared: a tenant, a role, a user. Without a scope, requests with `Authorization`, a cookie or a `user`, and
   * responses with `Cache-Control: private`, are left alone. `undefined`: this request has none.
   *
   * @default no scope
   */
  scope?: ((request: Request) => string | undefined) | undefined;
  /**
   * The `Cache-Control` that is sent. Copies that browsers and proxies keep cannot be evicted: `'no-cache'` makes them ask each time.
   *
   * @default the application's own; else `public, max-age=<the rest of the TTL>`, with a scope `private, max-age=…`
   */
  control?: string | undefined;
  /**
   * The statuses of the responses that are stored. With a list of your own, errors that the handler throws are stored as well if their status
   * is listed.
   *
   * @default 200, 203, 204, 300, 301, 308, 404 and 410, of responses that the handler returns
   */
  statuses?: readonly number[] | undefined;
  /**
   * The largest body that is stored, in bytes.
   *
   * @default 1 MiB
   */
  maxBody?: number | undefined;
  /**
   * Whether a request with `Cache-Control: no-cache` or `no-store` is answered by the handler.
   *
   * @default false
   */
  honourRequest?: boolean | undefined;
}

/** The options of any handler. @internal */
export type AnyHttpCacheOptions = HttpCacheOptions;

/** The statuses of responses that are stored by default: those that RFC 9110 calls heuristically cacheable and that have no part of a body. @internal */
export const DEFAULT_STATUSES: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 410]);

/** @internal */
export const DEFAULT_MAX_BODY = 1 << 20;

/** The name of a header, by RFC 9110. @internal */
export const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

const NAMES: Readonly<Record<keyof AnyHttpCacheOptions, true>> = {
  ttl: true,
  tags: true,
  region: true,
  cache: true,
  key: true,
  query: true,
  varyByHost: true,
  vary: true,
  scope: true,
  control: true,
  statuses: true,
  maxBody: true,
  honourRequest: true,
  staleWhileRevalidate: true,
  staleIfError: true,
  retryAfter: true,
  loadTimeout: true,
  refreshAhead: true,
  refreshOnInvalidate: true,
};

/**
 * Checks everything that can be known before a request.
 *
 * @param where - what an error names first, for example `'@HttpCache on ProductsController.list'`
 * @throws {InvalidOptionsError}
 *
 * @internal
 */
export function checkHttpCacheOptions(options: AnyHttpCacheOptions, where: string): void {
  const refuse = (name: string, given: unknown, allowed: string): never => {
    throw new InvalidOptionsError(`${where}: ${name}: ${describeValue(given)} is not allowed; allowed: ${allowed}.`);
  };
  if (typeof options !== 'object' || options === null) refuse('options', options, 'an object, or false');
  for (const name of Object.keys(options))
    if (!Object.hasOwn(NAMES, name))
      throw new InvalidOptionsError(
        `${where}: there is no option ${name}; there are ${Object.keys(NAMES).join(', ')}.`,
      );
  const { ttl, tags, region, cache, key, query, varyByHost, vary, scope, control } = options;
  const { statuses, maxBody, honourRequest } = options;
  if (typeof ttl !== 'function') ttlOf(ttl, where);
  if (typeof tags !== 'function') canonicalTags(tags, where);
  policyOf(options, NO_POLICY, `${where}: `);
  for (const [name, given] of Object.entries({ region, cache }))
    if (given !== undefined && !isText(given)) refuse(name, given, 'a non-empty string');
  for (const [name, given] of Object.entries({ key, scope }))
    if (given !== undefined && typeof given !== 'function') refuse(name, given, 'a function of the request');
  for (const [name, given] of Object.entries({ varyByHost, honourRequest }))
    if (given !== undefined && typeof given !== 'boolean') refuse(name, given, 'true or false');
  if (query !== undefined && !isListOf(query, isText)) refuse('query', query, 'a list of names of parameters');
  if (vary !== undefined && !isListOf(vary, isHeaderName))
    refuse('vary', vary, "a list of names of request headers, without '*'");
  if (control !== undefined && (!isText(control) || /[^\t\u0020-\u007E]/.test(control)))
    refuse('control', control, "the value of a Cache-Control header, for example 'no-cache'");
  if (statuses !== undefined && !isListOf(statuses, isStatus))
    refuse('statuses', statuses, 'a list of statuses from 200 to 599, without 206 and 304');
  if (maxBody !== undefined && !(Number.isSafeInteger(maxBody) && maxBody > 0))
    refuse('maxBody', maxBody, 'a positive number of bytes');
}

/** The options of what is nearer to the handler win. @internal */
export function mergedOptions(...given: readonly (AnyHttpCacheOptions | undefined)[]): AnyHttpCacheOptions {
  const merged: Record<string, unknown> = {};
  for (const options of given)
    for (const [name, value] of Object.entries(options ?? {})) if (value !== undefined) merged[name] = value;
  return merged;
}

function isListOf(given: unknown, isAllowed: (each: unknown) => boolean): boolean {
  return Array.isArray(given) && given.every(isAllowed);
}

function isText(given: unknown): boolean {
  return typeof given === 'string' && given !== '';
}

function isHeaderName(given: unknown): boolean {
  return typeof given === 'string' && given !== '*' && HEADER_NAME.test(given);
}

function isStatus(given: unknown): boolean {
  const isFinal = typeof given === 'number' && Number.isInteger(given) && given >= 200 && given <= 599;
  return isFinal && given !== 206 && given !== 304;
}
