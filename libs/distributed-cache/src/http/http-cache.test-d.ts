/** What of `@HttpCache` compiles, and what does not: this file is compiled and never run. */
import { applyDecorators, Controller, Get } from '@nestjs/common';
import type { Request } from 'express';
import type { FastifyRequest } from 'fastify';
import { HttpCache, provideHttpCache } from 'nestjs-distributed-cache/http';

interface AuthenticatedRequest {
  readonly user?: { readonly tenant: string };
}

export const Page = (): MethodDecorator & ClassDecorator => applyDecorators(HttpCache({ ttl: '1m', query: ['page'] }));

@HttpCache()
@HttpCache({ ttl: Infinity, staleWhileRevalidate: '1m', refreshOnInvalidate: true })
@Controller()
export class Compiled {
  @HttpCache({
    ttl: (_, { status }) => (status === 200 ? '1m' : undefined),
    tags: (request, { headers }) => [`product:${request.params['id']}`, String(headers['x-list'])],
    key: ({ params, query }) => [params['id'] ?? '', String(query['page'])],
    scope: ({ headers }) => headers.authorization,
  })
  @Get('any')
  any(): void {}

  // A request of the application, of Express or of Fastify.
  @HttpCache({ scope: (request: AuthenticatedRequest) => request.user?.tenant, ttl: '1m' })
  @HttpCache({ scope: (request: Request) => request.ip, tags: (request) => request.baseUrl })
  @HttpCache({ key: (request: FastifyRequest) => request.id })
  @Get('own')
  own(): void {}

  @HttpCache(false)
  @Page()
  @Get('page')
  page(): void {}

  // @ts-expect-error -- there is no such unit
  @HttpCache({ ttl: '1 minute' })
  // @ts-expect-error -- there is no such option
  @HttpCache({ tll: '1m' })
  // @ts-expect-error -- a response is never null
  @HttpCache({ nullTtl: '1m' })
  // @ts-expect-error -- a scope is asked for synchronously
  @HttpCache({ scope: async () => 'tenant' })
  // @ts-expect-error -- it is a list
  @HttpCache({ vary: 'Accept-Language' })
  @Get('wrong')
  wrong(): void {}
}

provideHttpCache({ ttl: '1m', scope: (request: AuthenticatedRequest) => request.user?.tenant });
// @ts-expect-error -- there is no such option
provideHttpCache({ tll: '1m' });
