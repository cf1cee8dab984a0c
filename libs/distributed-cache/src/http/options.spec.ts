import { Controller, Logger } from '@nestjs/common';
import { HttpCache, provideHttpCache, type HttpCacheOptions } from 'nestjs-distributed-cache/http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { unsafeCast } from '../common/unsafe-cast.js';
import { startHttp } from '../../../../test/support/http/start-http.js';
import { madeRoute } from '../../../../test/support/http/made-route.js';

/** Options that do not compile, and what of them the error names. */
const REFUSED: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ tll: '1m' }, 'there is no option tll'],
  [{ nullTtl: '1m' }, 'there is no option nullTtl'],
  [{ ttl: 0 }, 'ttl 0 is not allowed'],
  [{ ttl: '1 minute' }, 'ttl'],
  [{ tags: [''] }, 'tag'],
  [{ region: '' }, 'region'],
  [{ cache: 1 }, 'cache'],
  [{ key: 'id' }, 'key'],
  [{ scope: 'tenant' }, 'scope'],
  [{ query: 'page' }, 'query'],
  [{ query: [''] }, 'query'],
  [{ vary: ['*'] }, 'vary'],
  [{ vary: ['Accept Language'] }, 'vary'],
  [{ varyByHost: 'yes' }, 'varyByHost'],
  [{ honourRequest: 1 }, 'honourRequest'],
  [{ control: '' }, 'control'],
  [{ control: 'a\r\nX: 1' }, 'control'],
  [{ statuses: 200 }, 'statuses'],
  [{ statuses: [206] }, 'statuses'],
  [{ statuses: [304] }, 'statuses'],
  [{ statuses: [100] }, 'statuses'],
  [{ maxBody: 0 }, 'maxBody'],
  [{ maxBody: '1mb' }, 'maxBody'],
  [{ staleWhileRevalidate: Infinity }, 'staleWhileRevalidate'],
  [{ loadTimeout: 'soon' }, 'loadTimeout'],
];

describe('@HttpCache refuses, when the class is defined,', () => {
  it.each(REFUSED)('%j, and names %s', (options, named) => {
    const given: HttpCacheOptions = unsafeCast(options);
    const where = '@HttpCache on MadeController.answer';
    expect(() => madeRoute('r', given)).toThrow(where);
    expect(() => madeRoute('r', given)).toThrow(named);
    expect(() => provideHttpCache(given)).toThrow('provideHttpCache');
    expect(() => {
      @HttpCache(given)
      @Controller()
      class Whole {}
      return Whole;
    }).toThrow('@HttpCache on Whole');
  });

  it('options that are none', () => {
    expect(() => madeRoute('r', unsafeCast(null))).toThrow('allowed: an object, or false');
  });

  it('a static method and a getter', () => {
    expect(() => {
      class Statically {
        @HttpCache()
        static find(): void {}
      }
      return Statically;
    }).toThrow('@HttpCache on Statically.find');
    expect(() => {
      class Getting {
        @HttpCache()
        get found(): number {
          return 1;
        }
      }
      return Getting;
    }).toThrow('@HttpCache on Getting.found: this is a getter');
  });
});

describe('@HttpCache', () => {
  it.each([Promise.resolve('tenant'), 1, null, {}])('refuses a scope that is no string: %s', async (scope) => {
    const app = await startHttp('express', {
      controllers: [madeRoute('r', { scope: () => unsafeCast(scope) }).controller],
    });
    expect((await app.get('/r')).status).toBe(500);
  });

  it('says once for each handler and reason, at debug, why something is not cached, and names no value', async () => {
    const lines: string[] = [];
    const debug = vi.spyOn(Logger.prototype, 'debug').mockImplementation((...line: unknown[]) => {
      lines.push(JSON.stringify(line.slice(1)));
    });
    onTestFinished(() => debug.mockRestore());
    const { controller } = madeRoute('r', {}, (calls, _, response) => {
      response.header('Set-Cookie', 'session=s3cret-1');
      return { calls };
    });
    const app = await startHttp('express', { controllers: [controller] });
    for (let request = 0; request < 3; request += 1) {
      await app.get('/r');
      await app.get('/r', { Cookie: 'session=s3cret-2' });
    }
    expect(lines).toEqual([
      '[{"handler":"MadeController.answer","reason":"the response has Set-Cookie"}]',
      '[{"handler":"MadeController.answer","reason":"the request has a cookie, and there is no scope"}]',
    ]);
  });

  it('leaves everything alone that is no request over HTTP', async () => {
    const { HttpCacheInterceptor } = await import('./http-cache.interceptor.js');
    const next = { handle: () => unsafeCast<never>('untouched') };
    const context = { getType: () => 'graphql' };
    expect(HttpCacheInterceptor.prototype.intercept.call(undefined, unsafeCast(context), next)).toBe('untouched');
  });
});
