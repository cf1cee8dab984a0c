import { Controller, Get, Header, HttpCode, Param, Res } from '@nestjs/common';
import { of } from 'rxjs';
import { HttpCache } from 'nestjs-distributed-cache/http';
import { beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, HttpApplication, type Answered } from '../../../../test/support/http/http-application.js';

class Money {
  readonly #cents = 1250;
  readonly currency = 'EUR';
  toJSON(): object {
    return { amount: this.#cents / 100, currency: this.currency };
  }
}

/** What handlers return, by the name of the route. */
const BODIES: Readonly<Record<string, () => unknown>> = {
  object: () => ({ a: 1, b: [true, null], c: { d: 'e' } }),
  array: () => [1, 'two', { three: 3 }],
  'empty-array': () => [],
  string: () => 'plain text',
  html: () => '<p>grüße</p>',
  'empty-string': () => '',
  unicode: () => ({ text: 'żółć 漢字 🎉 \u2028' }),
  'unicode-string': () => 'żółć 漢字 🎉',
  number: () => 42,
  zero: () => 0,
  true: () => true,
  false: () => false,
  null: () => null,
  undefined: () => undefined,
  buffer: () => Buffer.from([0, 1, 2, 255]),
  bytes: () => new Uint8Array([1, 2, 3]),
  date: () => new Date(0),
  'to-json': () => new Money(),
  'undefined-property': () => ({ a: undefined, b: 1 }),
  error: () => new Error('returned, not thrown'),
  map: () => new Map([[1, 2]]),
  promise: () => Promise.resolve({ a: 1 }),
  observable: () => of({ first: 1 }, { last: 2 }),
  script: () => '</script>&',
};

interface Settable {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

class Handlers {
  body(name: string): unknown {
    return BODIES[name]?.();
  }

  csv(): string {
    return 'a;b\n1;2';
  }

  csvLatin(): string {
    return 'a;b';
  }

  jsonText(): string {
    return '{"a":1}';
  }

  problem(): object {
    return { title: 'oops' };
  }

  xmlObject(): object {
    return { a: 1 };
  }

  png(): Buffer {
    return Buffer.from([0x89, 0x50]);
  }

  noContent(): object {
    return { never: 'seen' };
  }

  accepted(): object {
    return { a: 1 };
  }

  headers(response: Settable): object {
    response.header('X-Total', '17');
    response.header('Last-Modified', 'Mon, 01 Jun 2026 00:00:00 GMT');
    response.header('Link', '</next>; rel="next"');
    return [1];
  }

  notFound(response: Settable): object {
    response.status(404);
    return { message: 'no such thing' };
  }
}

/** The same routes, with and without the cache: under `/cached` and `/plain`. */
function routes(path: string, decorate: () => MethodDecorator): new () => Handlers {
  @Controller(path)
  class Routes extends Handlers {
    @decorate()
    @Get('body/:name')
    override body(@Param('name') name: string): unknown {
      return super.body(name);
    }

    @decorate()
    @Get('csv')
    @Header('Content-Type', 'text/csv')
    override csv(): string {
      return super.csv();
    }

    @decorate()
    @Get('csv-latin')
    @Header('Content-Type', 'text/csv; charset=iso-8859-1; header=present')
    override csvLatin(): string {
      return super.csvLatin();
    }

    @decorate()
    @Get('json-text')
    @Header('Content-Type', 'application/json')
    override jsonText(): string {
      return super.jsonText();
    }

    @decorate()
    @Get('problem')
    @Header('Content-Type', 'application/problem+json')
    override problem(): object {
      return super.problem();
    }

    @decorate()
    @Get('png')
    @Header('Content-Type', 'image/png')
    @Header('Content-Disposition', 'inline')
    override png(): Buffer {
      return super.png();
    }

    @decorate()
    @Get('no-content')
    @HttpCode(204)
    override noContent(): object {
      return super.noContent();
    }

    @decorate()
    @Get('accepted')
    @HttpCode(203)
    override accepted(): object {
      return super.accepted();
    }

    @decorate()
    @Get('headers')
    override headers(@Res({ passthrough: true }) response: Settable): object {
      return super.headers(response);
    }

    @decorate()
    @Get('not-found')
    override notFound(@Res({ passthrough: true }) response: Settable): object {
      return super.notFound(response);
    }
  }
  return Routes;
}

const PATHS = [
  ...Object.keys(BODIES).map((name) => `body/${name}`),
  'csv',
  'csv-latin',
  'json-text',
  'problem',
  'png',
  'no-content',
  'accepted',
  'headers',
  'not-found',
];

/** What the cache adds, and what belongs to the connection. */
const OF_THE_CACHE = ['etag', 'age', 'x-cache', 'cache-control', 'date', 'connection', 'keep-alive'];

function comparable({ status, headers, text }: Answered): object {
  const content = Object.entries(headers).filter(([name]) => !OF_THE_CACHE.includes(name));
  return { status, headers: Object.fromEntries(content), text };
}

/** Fastify refuses it: nothing is kept. */
const REFUSED = new Set(['fastify body/error']);
/** Fastify sends the length of a body in answer to HEAD, which RFC 9110 8.6 forbids for a 204. */
const WRONG_HEAD = new Set(['fastify no-content']);

describe.each(ADAPTERS)('on %s, a cached route', (adapter) => {
  const cached = routes('cached', () => HttpCache());
  const plain = routes('plain', () => () => {});
  let app: HttpApplication;

  beforeAll(async () => {
    app = await HttpApplication.start(adapter, { controllers: [cached, plain] });
    return () => app.app.close();
  });

  it.each(PATHS)('answers a miss and a hit as a route without the cache: %s', async (path) => {
    const expected = comparable(await app.get(`/plain/${path}`));
    const miss = await app.get(`/cached/${path}`);
    const hit = await app.get(`/cached/${path}`);
    const isRefused = REFUSED.has(`${adapter} ${path}`);
    expect([miss, hit].map(({ headers }) => headers['x-cache'])).toEqual(
      isRefused ? ['BYPASS', 'BYPASS'] : ['MISS', 'HIT'],
    );
    expect(comparable(miss)).toEqual(expected);
    expect(comparable(hit)).toEqual(expected);
  });

  it.each(PATHS.filter((path) => !WRONG_HEAD.has(`${adapter} ${path}`)))(
    'answers HEAD as a route without the cache: %s',
    async (path) => {
      const expected = comparable(await app.head(`/plain/${path}`));
      expect(comparable(await app.head(`/cached/${path}`))).toEqual(expected);
      expect(comparable(await app.head(`/cached/${path}`))).toEqual(expected);
    },
  );
});
