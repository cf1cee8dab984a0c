import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Header,
  Injectable,
  type INestApplication,
  type NestInterceptor,
  Next,
  Param,
  ParseIntPipe,
  Post,
  Req,
  Res,
  Sse,
  type Type,
  UseFilters,
  Catch,
  NotFoundException,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
  Version,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, BaseExceptionFilter } from '@nestjs/core';
import {
  HttpCache,
  HttpCacheInterceptor,
  provideHttpCache,
  type HttpCacheOptions,
  type HttpCacheRequest,
} from 'nestjs-distributed-cache/http';
import { CacheEvict, DistributedCacheModule } from 'nestjs-distributed-cache';
import { InMemoryInvalidationBridge } from 'nestjs-distributed-cache/testing';
import { map, of, type Observable } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { unsafeCast } from '../common/unsafe-cast.js';
import { eventually } from '../../../../test/support/common/eventually.js';
import {
  ADAPTERS,
  type AdapterName,
  type Answered,
  type HttpApplication,
  type HttpApplicationOptions,
} from '../../../../test/support/http/http-application.js';
import { startHttp } from '../../../../test/support/http/start-http.js';
import { madeRoute, type MadeResponse } from '../../../../test/support/http/made-route.js';

let calls = 0;
let guarded = 0;
let outside = 0;
let inside = 0;

beforeEach(() => {
  calls = 0;
  guarded = 0;
  outside = 0;
  inside = 0;
});

@Injectable()
class Guard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    guarded += 1;
    const request: HttpCacheRequest = context.switchToHttp().getRequest();
    return request.headers['x-forbidden'] === undefined;
  }
}

@Injectable()
class Outside implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    outside += 1;
    return next.handle();
  }
}

@Injectable()
class Inside implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    inside += 1;
    const response: MadeResponse = context.switchToHttp().getResponse();
    response.header('X-Inside', String(inside));
    return next.handle().pipe(map((data: object) => ({ ...data, inside })));
  }
}

@Injectable()
class Wrapping implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** The states of `X-Cache` of two requests. */
async function twice(app: HttpApplication, path: string, headers: Record<string, string> = {}): Promise<unknown[]> {
  const answers = [await app.get(path, headers), await app.get(path, headers)];
  return answers.map((answer) => answer.headers['x-cache']);
}

function start(adapter: AdapterName, controllers: Type[], options: Partial<HttpApplicationOptions> = {}) {
  return startHttp(adapter, { controllers, ...options });
}

describe.each(ADAPTERS)('@HttpCache on %s', (adapter) => {
  it('lets guards run for every request, and never answers one that they refuse', async () => {
    @Controller()
    class Guarded {
      @UseGuards(Guard)
      @HttpCache()
      @Get('r')
      find(): object {
        return { calls: (calls += 1) };
      }
    }
    const app = await start(adapter, [Guarded]);
    expect(await twice(app, '/r')).toEqual(['MISS', 'HIT']);
    const refused = await app.get('/r', { 'X-Forbidden': 'yes' });
    expect([refused.status, refused.headers['x-cache']]).toEqual([403, undefined]);
    expect(guarded).toBe(3);
  });

  it('runs interceptors further out for every request, and keeps what those further in have done', async () => {
    @Controller()
    class Intercepted {
      // Nest calls the interceptors of a handler from the last to the first.
      @UseInterceptors(Inside)
      @HttpCache()
      @UseInterceptors(Outside)
      @Get('r')
      find(): object {
        return { calls: (calls += 1) };
      }
    }
    const app = await start(adapter, [Intercepted]);
    await app.get('/r');
    const hit = await app.get('/r');
    expect(hit.headers).toMatchObject({ 'x-cache': 'HIT', 'x-inside': '1' });
    expect(hit.text).toBe('{"calls":1,"inside":1}');
    expect([outside, inside]).toEqual([2, 1]);
  });

  it('gives an interceptor further out that wraps the data what the handler has returned', async () => {
    @Controller()
    class Wrapped {
      @HttpCache()
      @UseInterceptors(Wrapping)
      @Get('r')
      find(): object {
        return [{ calls: (calls += 1) }];
      }
    }
    const app = await start(adapter, [Wrapped]);
    const answers: Answered[] = [await app.get('/r'), await app.get('/r')];
    expect(answers.map(({ text }) => text)).toEqual(['{"data":[{"calls":1}]}', '{"data":[{"calls":1}]}']);
    // It is another response: nothing of the cached one is said about it.
    expect(answers.map(({ headers }) => headers['content-length'])).toEqual(['22', '22']);
    expect(answers.map(({ headers }) => headers['x-cache'])).toEqual([undefined, undefined]);
  });

  it('does not run pipes on a hit', async () => {
    @Controller()
    class Piped {
      @HttpCache()
      @Get('r/:id')
      find(@Param('id', ParseIntPipe) id: number): object {
        return { id, calls: (calls += 1) };
      }
    }
    const app = await start(adapter, [Piped]);
    expect(await twice(app, '/r/1')).toEqual(['MISS', 'HIT']);
    expect((await app.get('/r/1')).text).toBe('{"id":1,"calls":1}');
    expect((await app.get('/r/x')).status).toBe(400);
  });

  it('on a controller caches all of its GET handlers, and options of a handler win', async () => {
    @HttpCache({ ttl: '10s', control: 'no-cache' })
    @Controller('c')
    class Whole {
      @Get('a')
      a(): object {
        return { calls: (calls += 1) };
      }

      @HttpCache({ ttl: '20s' })
      @Get('b')
      b(): object {
        return { calls: (calls += 1) };
      }

      @HttpCache(false)
      @Get('d')
      d(): object {
        return { calls: (calls += 1) };
      }

      @Post('a')
      post(): object {
        return { calls: (calls += 1) };
      }
    }
    const app = await start(adapter, [Whole]);
    expect(await twice(app, '/c/a')).toEqual(['MISS', 'HIT']);
    expect(await twice(app, '/c/b')).toEqual(['MISS', 'HIT']);
    expect(await twice(app, '/c/d')).toEqual([undefined, undefined]);
    expect((await app.send('POST', '/c/a')).headers['x-cache']).toBe('BYPASS');
    await app.clock.advance('15s');
    expect((await app.get('/c/a')).headers['x-cache']).toBe('MISS');
    const { headers } = await app.get('/c/b');
    expect([headers['x-cache'], headers['cache-control']]).toEqual(['HIT', 'no-cache']);
    expect(Object.keys(app.cache.stats().regions)).toEqual(expect.arrayContaining(['Whole.a', 'Whole.b']));
  });

  it('as a global interceptor caches the GET handlers of all controllers, once for each request', async () => {
    @Controller()
    class Plain {
      @Get('plain')
      plain(): object {
        return { calls: (calls += 1) };
      }

      @HttpCache({ ttl: '20s' })
      @Get('own')
      own(): object {
        return { calls: (calls += 1) };
      }

      @HttpCache(false)
      @Get('not')
      not(): object {
        return { calls: (calls += 1) };
      }
    }
    const app = await start(adapter, [Plain], {
      providers: [{ provide: APP_INTERCEPTOR, useClass: HttpCacheInterceptor }],
    });
    expect(await twice(app, '/plain')).toEqual(['MISS', 'HIT']);
    expect(await twice(app, '/own')).toEqual(['MISS', 'HIT']);
    expect(await twice(app, '/not')).toEqual([undefined, undefined]);
    expect(app.cache.stats().regions['Plain.own']).toMatchObject({ hits: 1, misses: 1 });
    await app.clock.advance('30s');
    expect((await app.get('/plain')).headers['x-cache']).toBe('HIT');
    expect((await app.get('/own')).headers['x-cache']).toBe('MISS');
  });

  it('as a global interceptor with options gives them to all handlers, and nearer ones win', async () => {
    @HttpCache({ control: 'no-cache' })
    @Controller()
    class Plain {
      @Get('plain')
      plain(): object {
        return {};
      }
    }
    const app = await start(adapter, [Plain], { providers: [provideHttpCache({ ttl: '7s', control: 'public' })] });
    expect(await twice(app, '/plain')).toEqual(['MISS', 'HIT']);
    expect((await app.get('/plain')).headers['cache-control']).toBe('no-cache');
    await app.clock.advance('8s');
    expect((await app.get('/plain')).headers['x-cache']).toBe('MISS');
  });

  it('works behind a global prefix, and tells versions in the path apart', async () => {
    @Controller({ path: 'v', version: ['1', '2'] })
    class Versioned {
      @HttpCache()
      @Get()
      find(@Req() { url }: HttpCacheRequest): object {
        return { url };
      }
    }
    const app = await start(adapter, [Versioned], {
      prepare: (nest: INestApplication) => void nest.setGlobalPrefix('api').enableVersioning(),
    });
    expect(await twice(app, '/api/v1/v')).toEqual(['MISS', 'HIT']);
    expect((await app.get('/api/v2/v')).text).toBe('{"url":"/api/v2/v"}');
  });

  it.each<[string, Parameters<INestApplication['enableVersioning']>[0], string]>([
    ['a header', { type: VersioningType.HEADER, header: 'X-Version' }, 'x-version'],
    ['the media type', { type: VersioningType.MEDIA_TYPE, key: 'v=' }, 'accept'],
    [
      'the application',
      {
        type: VersioningType.CUSTOM,
        extractor: (request) => {
          const { headers }: HttpCacheRequest = unsafeCast(request);
          return String(headers['x-any'] ?? '');
        },
      },
      'x-any',
    ],
  ])('tells versions by %s apart, also of one handler', async (_, versioning, name) => {
    @Controller('v')
    class Versioned {
      @Version(['1', '2', VERSION_NEUTRAL])
      @HttpCache()
      @Get()
      find(@Req() { headers }: HttpCacheRequest): object {
        return { version: headers[name] };
      }
    }
    const app = await start(adapter, [Versioned], {
      prepare: (nest: INestApplication) => void nest.enableVersioning(versioning),
    });
    const one = name === 'accept' ? 'application/json;v=1' : '1';
    const two = name === 'accept' ? 'application/json;v=2' : '2';
    for (const version of [one, two, one, two]) {
      const { text, status } = await app.get('/v', { [name]: version });
      expect([status, text]).toEqual([200, JSON.stringify({ version })]);
    }
  });

  it('tells the hosts of a host-bound controller apart', async () => {
    @Controller({ path: 'h', host: [/^.+\.example$/] })
    class Bound {
      @HttpCache()
      @Get()
      find(@Req() { hostname }: HttpCacheRequest): object {
        return { hostname };
      }
    }
    const app = await start(adapter, [Bound]);
    for (const host of ['a.example', 'b.example', 'a.example'])
      expect((await app.get('/h', { Host: host })).text).toBe(JSON.stringify({ hostname: host }));
    expect((await app.get('/h', { Host: 'a.example' })).headers['x-cache']).toBe('HIT');
  });

  it('tells handlers apart that share a region and a path', async () => {
    const region = 'shared';
    const routes = ['1', '2'].map((version) => {
      @Controller({ path: 'same', version })
      class Same {
        @HttpCache({ region, key: () => 'same' })
        @Get()
        find(): object {
          return { version };
        }
      }
      return Same;
    });
    const app = await start(adapter, routes, {
      prepare: (nest: INestApplication) =>
        void nest.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' }),
    });
    for (const version of ['1', '2', '1', '2'])
      expect((await app.get('/same', { 'X-Version': version })).text).toBe(JSON.stringify({ version }));
    expect(app.cache.stats().regions[region]).toMatchObject({ entries: 2 });
  });

  it('keeps nothing of what middleware sets for a request, and respects the Vary that it sets', async () => {
    let requests = 0;
    const { controller } = madeRoute('r');
    const app = await start(adapter, [controller], {
      prepare: (nest: INestApplication) => {
        nest.enableCors({ origin: ['https://a.example', 'https://b.example'] });
        nest.use((_: object, response: { setHeader(name: string, value: string): void }, next: () => void) => {
          requests += 1;
          response.setHeader('X-Request-Id', String(requests));
          next();
        });
      },
    });
    const origin = 'https://a.example';
    const miss = await app.get('/r', { Origin: origin });
    const hit = await app.get('/r', { Origin: origin });
    const other = await app.get('/r', { Origin: 'https://b.example' });
    expect([miss, hit, other].map(({ headers }) => headers['x-cache'])).toEqual(['MISS', 'HIT', 'MISS']);
    expect(hit.headers).toMatchObject({
      'x-request-id': '2',
      'access-control-allow-origin': origin,
      vary: expect.stringMatching(/^origin$/i),
    });
    expect(other.headers['access-control-allow-origin']).toBe('https://b.example');
  });

  it.each([
    ['Set-Cookie', 'visitor=1'],
    ['Cache-Control', 'no-store'],
    ['Cache-Control', 'private'],
    ['Vary', '*'],
  ])('leaves a request alone whose response has got %s: %s from middleware', async (name, value) => {
    const { controller } = madeRoute('r');
    const app = await start(adapter, [controller], {
      prepare: (nest: INestApplication) =>
        void nest.use((_: object, response: { setHeader(name: string, value: string): void }, next: () => void) => {
          response.setHeader(name, value);
          next();
        }),
    });
    expect(await twice(app, '/r')).toEqual(['BYPASS', 'BYPASS']);
  });

  it("keeps a user's response from others when only a guard knows who asks", async () => {
    class Authentication implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const request: { headers: Record<string, string>; user?: string } = context.switchToHttp().getRequest();
        const key = request.headers['x-api-key'];
        if (key !== undefined) request.user = `user of ${key}`;
        return true;
      }
    }
    const { controller } = madeRoute('r', {}, (_, { user }) => ({ user: user ?? 'nobody' }), [
      UseGuards(Authentication),
    ]);
    const app = await start(adapter, [controller]);
    for (const key of ['a', 'b', 'a'])
      expect((await app.get('/r', { 'X-Api-Key': key })).text).toBe(`{"user":"user of ${key}"}`);
    expect((await app.get('/r')).text).toBe('{"user":"nobody"}');
  });

  it('leaves handlers alone that send their response themselves, or events', async () => {
    interface Raw {
      send(body: string): unknown;
    }

    @HttpCache()
    @Controller()
    class Own {
      @Get('res')
      own(@Res() response: Raw): void {
        calls += 1;
        response.send(`call ${calls}`);
      }

      @Get('next')
      next(@Res() response: Raw, @Next() next: unknown): void {
        calls += next === 0 ? 0 : 1;
        response.send(`call ${calls}`);
      }

      @Sse('events')
      events(): Observable<object> {
        calls += 1;
        return of({ data: `call ${calls}` });
      }
    }
    const app = await start(adapter, [Own]);
    for (const path of ['/res', '/next', '/events']) {
      expect(await twice(app, path)).toEqual(['BYPASS', 'BYPASS']);
    }
    expect(calls).toBe(6);
    expect((await app.get('/events')).text).toContain('data: call 7');
  });

  it('keeps no error that an exception filter of the application may answer', async () => {
    @Catch(ForbiddenException)
    class Forbidden extends BaseExceptionFilter {}

    @Catch(NotFoundException)
    class Missing extends BaseExceptionFilter {}

    const options: HttpCacheOptions = { statuses: [403, 404] };
    const handle = (): never => {
      throw new NotFoundException();
    };
    const filtered = madeRoute('filtered', options, handle, [UseFilters(Missing)]);
    const other = madeRoute('other', options, handle, [UseFilters(Forbidden)]);
    const app = await start(adapter, [filtered.controller, other.controller]);
    expect(await twice(app, '/filtered')).toEqual(['BYPASS', 'BYPASS']);
    expect(await twice(app, '/other')).toEqual(['MISS', 'HIT']);

    const all = await start(adapter, [madeRoute('r', options, handle).controller], {
      providers: [{ provide: APP_FILTER, useClass: Missing }],
    });
    expect(await twice(all, '/r')).toEqual(['BYPASS', 'BYPASS']);
  });

  it('uses the cache that it names', async () => {
    const { controller } = madeRoute('r', { cache: 'pages', region: 'lists' });
    const app = await startHttp(adapter, {
      controllers: [controller],
      imports: [DistributedCacheModule.forRoot({ name: 'pages', redisConnectionString: '' })],
    });
    expect(await twice(app, '/r')).toEqual(['MISS', 'HIT']);
    expect(app.cache.stats().regions['lists']).toBeUndefined();
  });

  it('is refused at boot when the cache that it names is not there', async () => {
    const { controller } = madeRoute('r', { cache: 'pages' });
    await expect(start(adapter, [controller])).rejects.toThrow(
      "@HttpCache on MadeController.answer: there is no cache named 'pages'. Import DistributedCacheModule.forRoot({ name: 'pages' }).",
    );
  });

  it('is evicted by tags from a service, on all instances', async () => {
    @Injectable()
    class Products {
      @CacheEvict({ tags: (_: void, id: string) => [`product:${id}`] })
      async rename(_id: string): Promise<void> {}
    }
    const bridge = new InMemoryInvalidationBridge();
    const options: HttpCacheOptions = { tags: (request) => [`product:${request.params['id']}`] };
    const instances = await Promise.all(
      ['a', 'b'].map((name) =>
        startHttp(adapter, {
          controllers: [madeRoute('p/:id', options, (count) => ({ name, count })).controller],
          providers: [Products],
          cache: { bridge, redisConnectionString: undefined, clock: undefined },
        }),
      ),
    );
    for (const app of instances)
      for (const id of ['1', '2']) expect(await twice(app, `/p/${id}`)).toEqual(['MISS', 'HIT']);
    await instances[0]?.app.get(Products).rename('1');
    for (const app of instances) {
      await eventually(async () => expect((await app.get('/p/1')).headers['x-cache']).not.toBe('HIT'));
      expect((await app.get('/p/2')).headers['x-cache']).toBe('HIT');
    }
  });

  it('tags a response by what the handler has returned', async () => {
    const { controller } = madeRoute('r', {
      tags: (_, { status, headers, body }) => {
        const { calls: count }: { calls: number } = unsafeCast(body);
        return [`${status}:${String(headers['content-type']).split(';')[0]}:${count}`];
      },
    });
    const app = await start(adapter, [controller]);
    await app.get('/r');
    await app.cache.evictTags('200:application/json:2');
    expect((await app.get('/r')).headers['x-cache']).toBe('HIT');
    await app.cache.evictTags('200:application/json:1');
    expect((await app.get('/r')).headers['x-cache']).toBe('MISS');
  });

  it.each(['shared', 'frozen', 'cloned'] as const)('works with values: %s', async (values) => {
    const { controller } = madeRoute('r');
    const app = await start(adapter, [controller], { cache: { values } });
    expect(await twice(app, '/r')).toEqual(['MISS', 'HIT']);
    expect((await app.get('/r')).text).toBe('{"calls":1}');
  });

  it('works while hits are audited', async () => {
    const { controller } = madeRoute('r', { ttl: '10s', staleWhileRevalidate: '1m' });
    const app = await start(adapter, [controller], { cache: { audit: { sample: 1 } } });
    expect(await twice(app, '/r')).toEqual(['MISS', 'HIT']);
    await app.clock.advance('15s');
    expect((await app.get('/r')).headers['x-cache']).toBe('STALE');
  });

  it('calls the handler every time while the cache is switched off', async () => {
    const { controller } = madeRoute('r');
    const app = await start(adapter, [controller], { cache: { enabled: false } });
    expect(await twice(app, '/r')).toEqual(['MISS', 'MISS']);
  });

  it('sends through middleware that wraps the response, such as compression', async () => {
    const { controller } = madeRoute('r', {}, () => ({ a: 1 }), [Header('X-Own', 'x')]);
    const app = await start(adapter, [controller], {
      prepare: (nest: INestApplication) =>
        void nest.use((_: object, response: Ended, next: () => void) => {
          const { end } = response;
          response.end = function (this: Ended, chunk?: string | Buffer): unknown {
            this.setHeader('X-Length', String(chunk?.length));
            return end.call(this, chunk);
          };
          next();
        }),
    });
    if (adapter === 'fastify') return;
    await app.get('/r');
    expect((await app.get('/r')).headers).toMatchObject({ 'x-cache': 'HIT', 'x-length': '7', 'x-own': 'x' });
  });
});

interface Ended {
  end(this: Ended, chunk?: string | Buffer): unknown;
  setHeader(name: string, value: string): void;
}
