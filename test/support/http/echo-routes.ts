import { StreamableFile, type Type } from '@nestjs/common';
import type { HttpCacheOptions, HttpCacheRequest } from '../../../libs/distributed-cache/src/http/index.js';
import { type Handle, madeRoute, type MadeResponse } from './made-route.js';

/** What a handler was asked by whom. The answer to another request must not be told it, as far as it counts. */
export interface Echo {
  readonly path: string;
  /** The `User` for whom alone the answer is; `null`: it is for everybody. */
  readonly user: string | null;
  readonly authorization: string | null;
  readonly cookie: string | null;
  readonly page: string | null;
  /** What the route looks at, beside that. */
  readonly language: string | null;
  readonly scope: string | null;
  readonly host: string | null;
}

/** One handler, with what its answers depend on. */
interface EchoRoute {
  readonly name: string;
  readonly options: HttpCacheOptions;
  readonly language?: boolean;
  /** The handler names the language in `Vary`, which nobody knows before. */
  readonly namesLanguage?: boolean;
  readonly scope?: boolean;
  readonly host?: boolean;
}

const scopeOf = ({ headers }: HttpCacheRequest): string | undefined => text(headers['x-scope']);
const POLICIES: HttpCacheOptions = { ttl: '3s', staleWhileRevalidate: '5s', staleIfError: '20s' };

export const ECHO_ROUTES: readonly EchoRoute[] = [
  { name: 'plain', options: { tags: ['all'] } },
  { name: 'language', options: { vary: ['Accept-Language'] }, language: true },
  { name: 'named', options: {}, language: true, namesLanguage: true },
  { name: 'scope', options: { scope: scopeOf, tags: ['all'] }, scope: true },
  { name: 'host', options: { varyByHost: true }, host: true },
  { name: 'stale', options: { ...POLICIES, scope: scopeOf }, scope: true, language: true, namesLanguage: true },
  { name: 'key', options: { key: ({ query }) => ['page', String(query['page'])], ...POLICIES } },
  { name: 'refreshed', options: { refreshAhead: 0.5, refreshOnInvalidate: { within: 0 }, tags: ['all'], ttl: '4s' } },
  { name: 'honest', options: { honourRequest: true, query: ['page'], statuses: [200, 404] } },
];

/** What a request may ask its handler to do. Answers with one of these are for the user who asks. */
const PERSONAL: Readonly<Record<string, (response: MadeResponse) => void>> = {
  private: (response) => response.header('Cache-Control', 'private'),
  'no-store': (response) => response.header('Cache-Control', 'no-store'),
  cookie: (response) => response.header('Set-Cookie', 'seen=1'),
  vary: (response) => response.header('Vary', '*'),
  status: (response) => response.status(206),
  stream: () => {},
};

export const ASKS = [...Object.keys(PERSONAL), 'fail', 'not-found'] as const;

export function echoControllers(): Type[] {
  return ECHO_ROUTES.map(({ name, options, ...counts }) => {
    const handle: Handle = async (_, request, response) => {
      // Others join meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      return answer(request, response, counts);
    };
    return madeRoute(name, options, handle).controller;
  });
}

function answer(
  request: HttpCacheRequest,
  response: MadeResponse,
  counts: Omit<EchoRoute, 'name' | 'options'>,
): unknown {
  const { headers, query } = request;
  const ask = text(headers['x-ask']) ?? '';
  if (counts.namesLanguage) response.header('Vary', 'Accept-Language');
  if (ask === 'fail') throw new Error(`failed for ${String(headers['x-user'])}`);
  const personal = PERSONAL[ask];
  // With a scope, `private` is for the scope.
  const isPersonal = personal !== undefined && !(ask === 'private' && counts.scope);
  personal?.(response);
  const echo: Echo = {
    path: (text(request.url) ?? '').split('?')[0] ?? '',
    user: isPersonal ? (text(headers['x-user']) ?? null) : null,
    authorization: counts.scope ? null : (headers.authorization ?? null),
    cookie: counts.scope ? null : (headers.cookie ?? null),
    page: text(query['page']) ?? null,
    language: counts.language ? (headers['accept-language'] ?? null) : null,
    scope: counts.scope ? (text(headers['x-scope']) ?? null) : null,
    host: counts.host ? (headers.host ?? '').toLowerCase() : null,
  };
  if (ask === 'not-found') response.status(404);
  return ask === 'stream' ? new StreamableFile(Buffer.from(JSON.stringify(echo))) : echo;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
