import { GoneException, Header, HttpCode, NotFoundException, Redirect, StreamableFile } from '@nestjs/common';
import type { HttpCacheOptions } from 'nestjs-distributed-cache/http';
import { beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, HttpApplication, type Answered } from '../../../../test/support/http/http-application.js';
import { type Handle, madeRoute } from '../../../../test/support/http/made-route.js';

/** One request, and what its answer is to be. */
interface Step {
  /** Passes before the request, in ms. */
  readonly after?: number;
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly status?: number;
  /** `X-Cache` */
  readonly cache?: 'HIT' | 'MISS' | 'STALE' | 'BYPASS';
  /** Which call of the handler has made the answer. */
  readonly call?: number;
  readonly text?: string;
  /** Headers of the answer; `undefined`: it is not there. */
  readonly has?: Readonly<Record<string, unknown>>;
}

interface Rule {
  readonly title: string;
  readonly options?: HttpCacheOptions;
  readonly handle?: Handle;
  readonly decorate?: readonly MethodDecorator[];
  readonly steps: readonly Step[];
}

const header =
  (name: string, value: string): Handle =>
  (calls, _, response) => {
    response.header(name, value);
    return { calls };
  };

const status =
  (code: number): Handle =>
  (calls, _, response) => {
    response.status(code);
    return { calls };
  };

/** Two requests that call the handler twice. */
const twice = (first: Step = {}, second: Step = first): readonly Step[] => [
  { cache: 'BYPASS', call: 1, ...first },
  { cache: 'BYPASS', call: 2, ...second },
];

const hit = (step: Step = {}): readonly Step[] => [
  { ...step, cache: 'MISS', call: 1 },
  { ...step, cache: 'HIT', call: 1 },
];

const LAST_MODIFIED = 'Mon, 01 Jun 2026 10:00:00 GMT';
const A_SECOND_BEFORE = 'Mon, 01 Jun 2026 09:59:59 GMT';
const A_SECOND_AFTER = 'Mon, 01 Jun 2026 10:00:01 GMT';
const OWN_ETAG = header('ETag', '"v1"');

const FRESHNESS: readonly Rule[] = [
  {
    title: 'a response is fresh for its TTL, and Age says how old it is (9111 4.2.3, 5.1)',
    options: { ttl: '30s' },
    steps: [
      { cache: 'MISS', call: 1, has: { age: undefined, 'cache-control': 'public, max-age=30' } },
      { after: 29_900, cache: 'HIT', call: 1, has: { age: '29', 'cache-control': 'public, max-age=0' } },
      { after: 100, cache: 'MISS', call: 2, has: { age: undefined, 'cache-control': 'public, max-age=30' } },
    ],
  },
  {
    title: 'a response without an end is fresh for a year to others (9111 1.2.2)',
    options: { ttl: Infinity },
    steps: [{ cache: 'MISS', has: { 'cache-control': 'public, max-age=31536000' } }],
  },
  {
    title: 'a computed TTL counts, and one of 0 keeps nothing',
    options: { ttl: (request, { status: made }) => (request.query['keep'] === 'no' ? 0 : made === 200 ? '10s' : '1s') },
    steps: [
      { query: 'keep=yes', cache: 'MISS', call: 1, has: { 'cache-control': 'public, max-age=10' } },
      { query: 'keep=no', cache: 'MISS', call: 2, has: { 'cache-control': 'public, no-cache' } },
      { query: 'keep=no', cache: 'MISS', call: 3 },
    ],
  },
  {
    title:
      "the application's own Cache-Control is sent, and does not decide how long the response is kept (9111 5.2.2)",
    options: { ttl: '1m' },
    decorate: [Header('Cache-Control', 'public, max-age=5')],
    steps: [
      { cache: 'MISS', call: 1, has: { 'cache-control': 'public, max-age=5' } },
      { after: 10_000, cache: 'HIT', call: 1, has: { 'cache-control': 'public, max-age=5', age: '10' } },
    ],
  },
  {
    title: "control is sent in place of the application's own Cache-Control",
    options: { control: 'no-cache' },
    handle: header('Cache-Control', 'public, max-age=5'),
    steps: hit({ has: { 'cache-control': 'no-cache' } }),
  },
  {
    title: 'load policies are sent as stale-while-revalidate and stale-if-error (5861)',
    options: { ttl: '10s', staleWhileRevalidate: '30s', staleIfError: '1h' },
    steps: hit({
      has: { 'cache-control': 'public, max-age=10, stale-while-revalidate=30, stale-if-error=3600' },
    }),
  },
  {
    title: 'a stale response says so (9111 4.2.4)',
    options: { ttl: '10s', staleWhileRevalidate: '30s' },
    steps: [
      { cache: 'MISS', call: 1 },
      {
        after: 15_000,
        cache: 'STALE',
        call: 1,
        has: { age: '15', 'cache-control': 'public, max-age=0, stale-while-revalidate=30' },
      },
    ],
  },
  {
    title: 'a stale response takes the place of a failure (5861 4)',
    options: { ttl: '10s', staleIfError: '1h' },
    handle: (calls, _, response) => {
      if (calls === 1) return { calls };
      response.header('Retry-After', '7');
      throw new Error('the source is down');
    },
    steps: [
      { cache: 'MISS', call: 1 },
      { after: 15_000, status: 200, cache: 'STALE', call: 1, has: { age: '15', 'retry-after': undefined } },
    ],
  },
  {
    title: 'a stale response takes the place of a status that says that the server has failed (5861 4)',
    options: { ttl: '10s', staleIfError: '1h' },
    handle: (calls, _, response) => {
      if (calls > 1) response.status(503);
      return { calls };
    },
    steps: [
      { cache: 'MISS', call: 1 },
      { after: 15_000, status: 200, cache: 'STALE', call: 1 },
    ],
  },
  {
    title: 'a stale response does not take the place of "not found" (5861 4)',
    options: { ttl: '10s', staleIfError: '1h' },
    handle: (calls) => {
      if (calls > 1) throw new NotFoundException();
      return { calls };
    },
    steps: [
      { cache: 'MISS', call: 1 },
      { after: 15_000, status: 404, cache: 'BYPASS' },
    ],
  },
];

const STATUSES: readonly Rule[] = [
  ...[200, 203, 204, 300, 301, 308, 404, 410].map((code) => ({
    title: `a response with ${code} is kept (9110 15.1)`,
    handle: status(code),
    steps: [
      { status: code, cache: 'MISS' as const },
      { status: code, cache: 'HIT' as const },
    ],
  })),
  ...[201, 202, 302, 307, 400, 401, 403, 405, 414, 500, 501, 503].map((code) => ({
    title: `a response with ${code} is not kept (9111 3)`,
    handle: status(code),
    steps: twice({ status: code }),
  })),
  {
    title: 'statuses says otherwise',
    options: { statuses: [418] },
    handle: (calls, _, response) => {
      response.status(calls === 1 ? 200 : 418);
      return { calls };
    },
    steps: [
      { status: 200, cache: 'BYPASS', call: 1 },
      { status: 418, cache: 'MISS', call: 2 },
      { status: 418, cache: 'HIT', call: 2 },
    ],
  },
  {
    title: 'a status of @HttpCode counts',
    decorate: [HttpCode(202)],
    steps: twice({ status: 202 }),
  },
  {
    title: 'an error that the handler throws is not kept',
    handle: (calls) => {
      throw new NotFoundException(`call ${calls}`);
    },
    steps: [
      { status: 404, cache: 'BYPASS', text: '{"message":"call 1","error":"Not Found","statusCode":404}' },
      { status: 404, cache: 'BYPASS', text: '{"message":"call 2","error":"Not Found","statusCode":404}' },
    ],
  },
  {
    title: 'an error that the handler throws is kept if its status is listed',
    options: { statuses: [404], ttl: '5s' },
    handle: (calls) => {
      throw calls === 1 ? new NotFoundException('call 1') : new GoneException('call 2');
    },
    steps: [
      { status: 404, cache: 'MISS', text: '{"message":"call 1","error":"Not Found","statusCode":404}' },
      { status: 404, cache: 'HIT', text: '{"message":"call 1","error":"Not Found","statusCode":404}' },
      { after: 6_000, status: 410, cache: 'BYPASS' },
    ],
  },
  {
    title: 'a redirect by @Redirect is not kept',
    decorate: [Redirect('/elsewhere')],
    handle: (calls) => ({ url: `/place-${calls}` }),
    steps: [
      { status: 302, cache: 'BYPASS', has: { location: '/place-1' } },
      { status: 302, cache: 'BYPASS', has: { location: '/place-2' } },
    ],
  },
  {
    title: 'a redirect by @Redirect is kept if its status is listed',
    options: { statuses: [302] },
    decorate: [Redirect('/elsewhere')],
    handle: (calls) => (calls === 1 ? undefined : { url: `/place-${calls}` }),
    steps: [
      { status: 302, cache: 'MISS', has: { location: '/elsewhere' } },
      { status: 302, cache: 'HIT', has: { location: '/elsewhere', age: '0' } },
      { after: 61_000, status: 302, cache: 'MISS', has: { location: '/place-2' } },
      { status: 302, cache: 'HIT', has: { location: '/place-2' } },
    ],
  },
];

const VALIDATORS: readonly Rule[] = [
  {
    title: 'a response has a strong ETag over its bytes (9110 8.8.3)',
    handle: (calls) => ({ same: 'bytes', of: calls > 2 ? 'another' : 'one' }),
    options: { ttl: '10s' },
    steps: [
      { cache: 'MISS', has: { etag: expect.stringMatching(/^"[\w-]{27}"$/) } },
      { cache: 'HIT', has: { etag: expect.stringMatching(/^"[\w-]{27}"$/) } },
    ],
  },
  {
    title: "the application's own ETag is kept (9110 8.8.3)",
    handle: header('ETag', 'W/"mine"'),
    steps: hit({ has: { etag: 'W/"mine"' } }),
  },
  ...[
    ['"v1"', 'the tag'],
    ['W/"v1"', 'the tag, by weak comparison'],
    ['"v0", "v1"', 'a list that has it'],
    ['"a,b", W/"v1","c"', 'a list with a comma in a tag'],
    ['*', '*'],
    [' * ', '* and blanks'],
  ].map(([tag = '', what = '']) => ({
    title: `If-None-Match with ${what} is answered with 304, on a miss and on a hit (9110 13.1.2): ${tag}`,
    handle: OWN_ETAG,
    steps: [
      { headers: { 'If-None-Match': tag }, status: 304, cache: 'MISS' as const, text: '' },
      { headers: { 'If-None-Match': tag }, status: 304, cache: 'HIT' as const, text: '' },
      { cache: 'HIT' as const, call: 1 },
    ],
  })),
  ...['"v2"', '"v0", "v2"', 'v1', '"V1"', '""', '"v1', ''].map((tag) => ({
    title: `If-None-Match without the tag is answered in full (9110 13.1.2): ${tag}`,
    handle: OWN_ETAG,
    steps: hit({ headers: { 'If-None-Match': tag }, status: 200 }),
  })),
  {
    title: 'a weak ETag of the application matches, too (9110 8.8.3.2)',
    handle: header('ETag', 'W/"v1"'),
    steps: [{ headers: { 'If-None-Match': '"v1"' }, status: 304 }],
  },
  ...[LAST_MODIFIED, A_SECOND_AFTER].map((date) => ({
    title: `If-Modified-Since not before Last-Modified is answered with 304 (9110 13.1.3): ${date}`,
    handle: header('Last-Modified', LAST_MODIFIED),
    steps: [
      { headers: { 'If-Modified-Since': date }, status: 304, cache: 'MISS' as const, text: '' },
      { headers: { 'If-Modified-Since': date }, status: 304, cache: 'HIT' as const, text: '' },
    ],
  })),
  ...[A_SECOND_BEFORE, 'no date', ''].map((date) => ({
    title: `If-Modified-Since before Last-Modified, or that is no date, is answered in full (9110 13.1.3): ${date}`,
    handle: header('Last-Modified', LAST_MODIFIED),
    steps: hit({ headers: { 'If-Modified-Since': date }, status: 200 }),
  })),
  {
    title: 'If-Modified-Since is compared with the time of the response if it has no Last-Modified (9111 4.3.2)',
    steps: [
      { cache: 'MISS' },
      { headers: { 'If-Modified-Since': new Date(Date.now() + 86_400_000).toUTCString() }, status: 304, cache: 'HIT' },
      { headers: { 'If-Modified-Since': new Date(Date.now() - 86_400_000).toUTCString() }, status: 200, cache: 'HIT' },
    ],
  },
  {
    title: 'If-None-Match wins over If-Modified-Since (9110 13.2.2)',
    handle: (calls, _, response) => {
      response.header('ETag', '"v1"');
      response.header('Last-Modified', LAST_MODIFIED);
      return { calls };
    },
    steps: [
      { headers: { 'If-None-Match': '"v2"', 'If-Modified-Since': LAST_MODIFIED }, status: 200, cache: 'MISS' },
      { headers: { 'If-None-Match': '"v2"', 'If-Modified-Since': LAST_MODIFIED }, status: 200, cache: 'HIT' },
      { headers: { 'If-None-Match': '"v1"', 'If-Modified-Since': A_SECOND_BEFORE }, status: 304, cache: 'HIT' },
    ],
  },
  {
    title: 'a condition does not count where the status is no success (9110 13.2.1)',
    handle: status(404),
    steps: [{ headers: { 'If-None-Match': '*' }, status: 404 }],
  },
  {
    title: 'a 304 has the headers that 9110 15.4.5 wants, and none about a body',
    decorate: [Header('Content-Language', 'de'), Header('Expires', 'Tue, 01 Dec 2026 00:00:00 GMT')],
    handle: (calls, _, response) => {
      response.header('Content-Location', '/here');
      response.header('Vary', 'Accept-Language');
      response.header('Last-Modified', LAST_MODIFIED);
      response.header('ETag', '"v1"');
      response.header('X-Own', 'x');
      return { calls };
    },
    steps: [
      { cache: 'BYPASS' },
      { cache: 'MISS' },
      {
        after: 5_000,
        headers: { 'If-None-Match': '"v1"' },
        status: 304,
        cache: 'HIT',
        text: '',
        has: {
          'cache-control': 'public, max-age=55',
          'content-location': '/here',
          date: expect.any(String),
          etag: '"v1"',
          expires: 'Tue, 01 Dec 2026 00:00:00 GMT',
          vary: 'accept-language',
          age: '5',
          'content-type': undefined,
          'content-length': undefined,
          'content-language': undefined,
          'last-modified': undefined,
          'x-own': undefined,
        },
      },
    ],
  },
];

const METHODS_AND_RANGES: readonly Rule[] = [
  {
    title: 'HEAD shares the response of GET, and has its length but no body (9110 9.3.2)',
    steps: [
      { cache: 'MISS', call: 1 },
      { method: 'HEAD', cache: 'HIT', text: '', has: { 'content-length': '11', 'content-type': expect.any(String) } },
      { cache: 'HIT', call: 1 },
    ],
  },
  {
    title: 'a HEAD that finds nothing loads the response for GET (9111 3)',
    steps: [
      { method: 'HEAD', cache: 'MISS', text: '', has: { 'content-length': '11' } },
      { method: 'HEAD', cache: 'HIT', text: '' },
      { cache: 'HIT', call: 1 },
    ],
  },
  {
    title: 'HEAD is answered with 304 as well (9110 13.1.2)',
    handle: OWN_ETAG,
    steps: [{ method: 'HEAD', headers: { 'If-None-Match': '"v1"' }, status: 304, text: '' }],
  },
  ...[
    ['Range', 'bytes=0-3'],
    ['If-Match', '"v1"'],
    ['If-Unmodified-Since', LAST_MODIFIED],
  ].map(([name = '', value = '']) => ({
    title: `a request with ${name} passes by (9110 13.1, 14.2)`,
    steps: [
      { cache: 'MISS' as const, call: 1 },
      { headers: { [name]: value }, cache: 'BYPASS' as const, call: 2, has: { age: undefined } },
      { cache: 'HIT' as const, call: 1 },
    ],
  })),
  {
    title: 'Cache-Control of a request does not count (9111 5.2.1)',
    steps: [
      { cache: 'MISS', call: 1 },
      ...['no-cache', 'no-store', 'max-age=0', 'only-if-cached'].map((control) => ({
        headers: { 'Cache-Control': control },
        cache: 'HIT' as const,
        call: 1,
      })),
    ],
  },
  {
    title: 'Cache-Control of a request counts with honourRequest (9111 5.2.1.4, 5.2.1.5)',
    options: { honourRequest: true },
    steps: [
      { cache: 'MISS', call: 1 },
      { headers: { 'Cache-Control': 'no-cache' }, cache: 'BYPASS', call: 2 },
      { headers: { 'Cache-Control': 'max-age=5, No-Store' }, cache: 'BYPASS', call: 3 },
      { headers: { 'Cache-Control': 'max-age=5' }, cache: 'HIT', call: 1 },
    ],
  },
];

const KEYS: readonly Rule[] = [
  {
    title: 'the order of the query does not count, its values do',
    steps: [
      { query: 'b=2&a=1&a=0', cache: 'MISS', call: 1 },
      { query: 'a=0&a=1&b=2', cache: 'HIT', call: 1 },
      { query: 'a=0&a=1&b=3', cache: 'MISS', call: 2 },
      { query: 'a=0&b=2', cache: 'MISS', call: 3 },
      { query: 'a=0%26a=1&b=2', cache: 'MISS', call: 4 },
      { cache: 'MISS', call: 5 },
    ],
  },
  {
    title: 'query says which parameters count',
    options: { query: ['page', 'filter'] },
    steps: [
      { query: 'page=1&utm=x', cache: 'MISS', call: 1 },
      { query: 'utm=y&page=1', cache: 'HIT', call: 1 },
      { query: 'p%61ge=2', cache: 'MISS', call: 2 },
      { query: 'page=1&filter[name]=a', cache: 'MISS', call: 3 },
      { query: 'page=1&filter[name]=b', cache: 'MISS', call: 4 },
    ],
  },
  {
    title: 'an empty list of parameters ignores the query',
    options: { query: [] },
    steps: [
      { query: 'a=1', cache: 'MISS', call: 1 },
      { query: 'a=2', cache: 'HIT', call: 1 },
      { cache: 'HIT', call: 1 },
    ],
  },
  {
    title: 'key replaces the path and the query',
    options: { key: (request) => [String(request.query['id']), 1] },
    steps: [
      { query: 'id=1&x=1', cache: 'MISS', call: 1 },
      { query: 'id=1&x=2', cache: 'HIT', call: 1 },
      { query: 'id=2&x=2', cache: 'MISS', call: 2 },
    ],
  },
  {
    title: 'the host does not count',
    steps: [
      { headers: { Host: 'a.example' }, cache: 'MISS', call: 1 },
      { headers: { Host: 'b.example' }, cache: 'HIT', call: 1 },
    ],
  },
  {
    title: 'the host counts with varyByHost',
    options: { varyByHost: true },
    steps: [
      { headers: { Host: 'a.example' }, cache: 'MISS', call: 1 },
      { headers: { Host: 'A.EXAMPLE' }, cache: 'HIT', call: 1 },
      { headers: { Host: 'b.example' }, cache: 'MISS', call: 2 },
    ],
  },
];

const VARY: readonly Rule[] = [
  {
    title: 'a header that Vary names selects among responses (9111 4.1)',
    handle: (calls, request, response) => {
      response.header('Vary', 'Accept-Language');
      return { calls, language: request.headers['accept-language'] };
    },
    steps: [
      // Nobody knows yet that it will be named.
      { headers: { 'Accept-Language': 'de' }, cache: 'BYPASS', call: 1 },
      { headers: { 'Accept-Language': 'de' }, cache: 'MISS', call: 2 },
      { headers: { 'Accept-Language': 'de' }, cache: 'HIT', call: 2 },
      { headers: { 'Accept-Language': 'fr' }, cache: 'MISS', call: 3 },
      { headers: { 'Accept-Language': 'fr' }, cache: 'HIT', call: 3 },
      { cache: 'MISS', call: 4 },
      { headers: { 'Accept-Language': '' }, cache: 'MISS', call: 5 },
      { headers: { 'Accept-Language': 'de' }, cache: 'HIT', call: 2, has: { vary: 'accept-language' } },
    ],
  },
  {
    title: 'vary names such headers before the first response, and in Vary (9110 12.5.5)',
    options: { vary: ['Accept-Language'] },
    steps: [
      { headers: { 'Accept-Language': 'de' }, cache: 'MISS', call: 1, has: { vary: 'accept-language' } },
      { headers: { 'Accept-Language': 'fr' }, cache: 'MISS', call: 2 },
      { headers: { 'Accept-Language': 'de' }, cache: 'HIT', call: 1, has: { vary: 'accept-language' } },
    ],
  },
  {
    title: 'a response with Vary: * is not kept (9111 4.1)',
    handle: header('Vary', 'Accept, *'),
    steps: twice(),
  },
  {
    title: 'a handler whose responses name ever more headers is not cached',
    handle: (calls, _, response) => {
      response.header('Vary', calls < 2 ? 'A' : Array.from({ length: 17 }, (__, index) => `X-${index}`).join());
      return { calls };
    },
    steps: [
      { cache: 'BYPASS', call: 1 },
      { cache: 'BYPASS', call: 2 },
      { cache: 'BYPASS', call: 3 },
    ],
  },
];

const SHARING: readonly Rule[] = [
  ...[
    ['Authorization', 'Bearer a'],
    ['Cookie', 'session=a'],
    ['Cookie', ''],
  ].map(([name = '', value = '']) => ({
    title: `a request with ${name} passes by without a scope, and is answered with nobody's response (9111 3.5): '${value}'`,
    steps: [
      { headers: { [name]: value }, cache: 'BYPASS' as const, call: 1 },
      { cache: 'MISS' as const, call: 2 },
      { headers: { [name]: value }, cache: 'BYPASS' as const, call: 3, has: { age: undefined } },
    ],
  })),
  ...['private', 'no-store', 'max-age=60, Private', 'private="x"', 'public,no-store'].map((control) => ({
    title: `a response with Cache-Control ${control} is not kept without a scope (9111 3, 5.2.2)`,
    handle: header('Cache-Control', control),
    steps: twice({ has: { 'cache-control': control } }),
  })),
  {
    title: 'a response of which @Header says that it is private is not kept without a scope (9111 5.2.2.7)',
    decorate: [Header('Cache-Control', 'private')],
    steps: twice(),
  },
  {
    title: 'a response with Set-Cookie is not kept (9111 7.3)',
    handle: header('Set-Cookie', 'session=1'),
    steps: twice({ has: { 'set-cookie': ['session=1'] } }),
  },
  {
    title: 'a response with Set-Cookie is not kept with a scope either',
    options: { scope: () => 'tenant' },
    handle: header('Set-Cookie', 'session=1'),
    steps: twice(),
  },
  {
    title: 'a scope shares the responses to requests with Authorization and cookies, among its own alone',
    options: { scope: ({ headers }) => headers['authorization'] },
    handle: header('Cache-Control', 'private'),
    steps: [
      { headers: { Authorization: 'a', Cookie: 'x=1' }, cache: 'MISS', call: 1 },
      { headers: { Authorization: 'a', Cookie: 'x=2' }, cache: 'HIT', call: 1 },
      { headers: { Authorization: 'b' }, cache: 'MISS', call: 2 },
      { headers: { Cookie: 'x=1' }, cache: 'BYPASS', call: 3 },
      { cache: 'BYPASS', call: 4 },
    ],
  },
  {
    title: 'a response of a scope is private by default (9111 5.2.2.7)',
    options: { scope: () => 'tenant' },
    steps: hit({ has: { 'cache-control': 'private, max-age=60' } }),
  },
  {
    title: 'an empty scope is a scope, and another one than none',
    options: { scope: ({ query }) => (query['none'] === undefined ? '' : undefined), query: [] },
    steps: [
      { cache: 'MISS', call: 1 },
      { cache: 'HIT', call: 1 },
      { query: 'none', cache: 'MISS', call: 2 },
    ],
  },
  {
    title: 'a response with no-store is not kept with a scope either (9111 5.2.2.5)',
    options: { scope: () => 'tenant' },
    handle: header('Cache-Control', 'no-store'),
    steps: twice(),
  },
  {
    title: 'headers of one connection or one answer are not kept (9110 7.6.1, 9111 3.1)',
    handle: (calls, _, response) => {
      response.header('Proxy-Authenticate', 'Basic');
      response.header('X-Kept', 'yes');
      response.header('Age', '1000');
      return { calls };
    },
    steps: [
      { cache: 'MISS', call: 1 },
      { cache: 'HIT', call: 1, has: { 'proxy-authenticate': undefined, 'x-kept': 'yes', age: '0' } },
    ],
  },
];

const BODIES: readonly Rule[] = [
  {
    title: 'a stream passes by',
    handle: (calls) => new StreamableFile(Buffer.from(`call ${calls}`), { type: 'text/plain' }),
    steps: [
      { cache: 'BYPASS', text: 'call 1', has: { 'content-type': 'text/plain' } },
      { cache: 'BYPASS', text: 'call 2' },
    ],
  },
  {
    title: 'a body above maxBody is not kept',
    options: { maxBody: 10 },
    handle: (calls) => (calls === 3 ? 'x'.repeat(10) : 'x'.repeat(11)),
    steps: [{ cache: 'BYPASS' }, { cache: 'BYPASS' }, { cache: 'MISS' }, { cache: 'HIT' }],
  },
  {
    title: 'a body of a mebibyte is kept, and a larger one is not',
    handle: (calls) => 'x'.repeat((1 << 20) + (calls === 1 ? 1 : 0)),
    steps: [{ cache: 'BYPASS' }, { cache: 'MISS' }, { cache: 'HIT' }],
  },
  {
    title: 'a body that cannot be serialised fails as without the cache',
    handle: () => ({ big: 1n }),
    steps: [
      { status: 500, cache: 'BYPASS' },
      { status: 500, cache: 'BYPASS' },
    ],
  },
];

const TABLE: Readonly<Record<string, readonly Rule[]>> = {
  freshness: FRESHNESS,
  statuses: STATUSES,
  validators: VALIDATORS,
  'methods and ranges': METHODS_AND_RANGES,
  keys: KEYS,
  Vary: VARY,
  sharing: SHARING,
  bodies: BODIES,
};

const numbered = Object.entries(TABLE).flatMap(([subject, rules]) => rules.map((rule) => ({ subject, ...rule })));

/** What of an answer a step speaks about, in the form in which the step says it. */
function seen(step: Step, { status: got, headers, text }: Answered): object {
  const { has } = step;
  return {
    ...(step.status !== undefined && { status: got }),
    ...(step.cache !== undefined && { cache: headers['x-cache'] }),
    ...(step.call !== undefined && { call: callIn(text) }),
    ...(step.text !== undefined && { text }),
    ...(has && { has: Object.fromEntries(Object.keys(has).map((name) => [name, headers[name]])) }),
  };
}

function callIn(text: string): unknown {
  const body: { readonly calls?: number } = text === '' ? {} : JSON.parse(text);
  return body.calls;
}

function expected({ status: code, cache, call, text, has }: Step): object {
  return {
    ...(code !== undefined && { status: code }),
    ...(cache !== undefined && { cache }),
    ...(call !== undefined && { call }),
    ...(text !== undefined && { text }),
    ...(has && { has }),
  };
}

describe.each(ADAPTERS)('HTTP caching on %s', (adapter) => {
  let app: HttpApplication;

  beforeAll(async () => {
    const controllers = numbered.map(
      ({ options, handle, decorate }, index) => madeRoute(`rule-${index}`, options, handle, decorate).controller,
    );
    app = await HttpApplication.start(adapter, { controllers });
    return () => app.app.close();
  });

  it.each(numbered.map(({ subject, title, steps }, index) => ({ subject, title, steps, index })))(
    '$subject: $title',
    async ({ steps, index }) => {
      const answers: Answered[] = [];
      for (const { after = 0, method = 'GET', query, headers } of steps) {
        if (after > 0) await app.clock.advance(after);
        answers.push(await app.send(method, `/rule-${index}${query === undefined ? '' : `?${query}`}`, headers));
      }
      expect(answers.map((answer, at) => seen(steps[at] ?? {}, answer))).toEqual(steps.map(expected));
    },
  );
});
