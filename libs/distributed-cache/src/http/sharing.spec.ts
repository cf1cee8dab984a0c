import { NotFoundException, StreamableFile } from '@nestjs/common';
import type { HttpCacheOptions, HttpCacheRequest } from 'nestjs-distributed-cache/http';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/common/deferred.js';
import { eventually } from '../../../../test/support/common/eventually.js';
import { ADAPTERS, type AdapterName } from '../../../../test/support/http/http-application.js';
import { startHttp } from '../../../../test/support/http/start-http.js';
import { type Handle, madeRoute, type MadeResponse } from '../../../../test/support/http/made-route.js';

/** Starts requests at the same time, for the same key; every handler that runs waits until all are there. */
async function together(
  adapter: AdapterName,
  options: HttpCacheOptions,
  handle: Handle,
  users: readonly string[],
): Promise<{ readonly texts: string[]; readonly caches: unknown[]; readonly calls: number }> {
  const go = deferred<void>();
  let asked = 0;
  const key = (): string => {
    asked += 1;
    return 'r';
  };
  const route = madeRoute('r', { key, ...options }, async (calls, request, response) => {
    await go.promise;
    return handle(calls, request, response);
  });
  const app = await startHttp(adapter, { controllers: [route.controller] });
  const answers = users.map((user) => app.get('/r', { 'X-User': user }));
  await eventually(() => expect(asked).toBe(users.length));
  go.resolve();
  const received = await Promise.all(answers);
  return {
    texts: received.map(({ text }) => text),
    caches: received.map(({ headers }) => headers['x-cache']),
    calls: route.calls(),
  };
}

const userOf = ({ headers }: HttpCacheRequest): string => String(headers['x-user']);
const USERS = ['ann', 'bob', 'eve'];

/** What makes a response one that only its own request may get. */
const UNSHARED: Readonly<Record<string, (response: MadeResponse, user: string) => unknown>> = {
  'Set-Cookie': (response, user) => {
    response.header('Set-Cookie', `user=${user}`);
    return user;
  },
  'Cache-Control: private': (response, user) => {
    response.header('Cache-Control', 'private');
    return user;
  },
  'Cache-Control: no-store': (response, user) => {
    response.header('Cache-Control', 'no-store');
    return user;
  },
  'a status that is not listed': (response, user) => {
    response.status(202);
    return user;
  },
  'a status that says that the server has failed': (response, user) => {
    response.status(503);
    return user;
  },
  'Vary with a new header': (response, user) => {
    response.header('Vary', 'X-User');
    return user;
  },
  'Vary: *': (response, user) => {
    response.header('Vary', '*');
    return user;
  },
  'a stream': (_, user) => new StreamableFile(Buffer.from(user)),
  'a body above maxBody': (_, user) => user.padEnd(2_000, '.'),
};

describe.each(ADAPTERS)('on %s, requests at the same time', (adapter) => {
  it('share one call of the handler', async () => {
    const { texts, caches, calls } = await together(adapter, {}, (call) => `call ${call}`, USERS);
    expect(texts).toEqual(['call 1', 'call 1', 'call 1']);
    expect(caches).toEqual(['MISS', 'MISS', 'MISS']);
    expect(calls).toBe(1);
  });

  it.each(Object.entries(UNSHARED))('do not share a response with %s', async (_, answer) => {
    const handle: Handle = (__, request, response) => answer(response, userOf(request));
    const { texts, calls } = await together(adapter, { maxBody: 1_000 }, handle, USERS);
    expect(texts.map((text) => text.replaceAll('.', ''))).toEqual(USERS);
    expect(calls).toBe(3);
  });

  it('do not share an error: it may be about one of them', async () => {
    const handle: Handle = (_, request) => {
      throw new NotFoundException(userOf(request));
    };
    const { texts, calls } = await together(adapter, {}, handle, USERS);
    expect(texts.map((text) => String(JSON.parse(text).message))).toEqual(USERS);
    expect(calls).toBe(3);
  });

  it('do not share across scopes', async () => {
    const { texts, calls } = await together(adapter, { scope: userOf }, (_, request) => userOf(request), USERS);
    expect(texts).toEqual(USERS);
    expect(calls).toBe(3);
  });

  it('are answered by their own handlers if the shared one fails', async () => {
    const handle: Handle = (call, request) => {
      if (call === 1) throw new Error('the source is down');
      return userOf(request);
    };
    const { texts } = await together(adapter, {}, handle, USERS);
    expect(texts.slice(1)).toEqual(['bob', 'eve']);
  });
});

describe.each(ADAPTERS)('on %s, a response that an eviction has overtaken', (adapter) => {
  it('goes to the request that has loaded it, with no-cache, and is not kept', async () => {
    const go = deferred<void>();
    const route = madeRoute('r', { tags: ['t'] }, async (calls) => {
      if (calls === 1) await go.promise;
      return { calls };
    });
    const app = await startHttp(adapter, { controllers: [route.controller] });
    const answer = app.get('/r');
    await eventually(() => expect(route.calls()).toBe(1));
    await app.cache.region('MadeController.answer').clear();
    go.resolve();
    const { text, headers } = await answer;
    expect([text, headers['x-cache'], headers['cache-control']]).toEqual(['{"calls":1}', 'MISS', 'public, no-cache']);
    expect((await app.get('/r')).text).toBe('{"calls":2}');
  });
});

describe.each(ADAPTERS)('on %s, a handler that runs in the background', (adapter) => {
  it('gives the next response, and does not touch the one that is being sent', async () => {
    const route = madeRoute('r', { ttl: '10s', staleWhileRevalidate: '1m' }, (calls, _, response) => {
      if (adapter === 'fastify' || calls === 1) response.header('X-Call', String(calls));
      return { calls };
    });
    const app = await startHttp(adapter, { controllers: [route.controller] });
    await app.get('/r');
    await app.clock.advance('15s');
    const stale = await app.get('/r');
    expect([stale.text, stale.headers['x-cache'], stale.headers['x-call']]).toEqual(['{"calls":1}', 'STALE', '1']);
    await eventually(() => expect(route.calls()).toBe(2));
    await eventually(async () => {
      const { headers, text } = await app.get('/r');
      expect([headers['x-cache'], text]).toEqual(['HIT', '{"calls":2}']);
      // Nothing of the response that was sent first is in the next one.
      expect([headers.age, headers['cache-control']]).toEqual(['0', 'public, max-age=10, stale-while-revalidate=60']);
      expect(headers['x-call']).toBe(adapter === 'fastify' ? '2' : undefined);
    });
  });

  it('refreshes a response after an eviction', async () => {
    const route = madeRoute('r', { tags: ['t'], refreshOnInvalidate: { within: 0 } });
    const app = await startHttp(adapter, { controllers: [route.controller] });
    await app.get('/r');
    await app.get('/r');
    await app.cache.evictTags('t');
    await app.clock.advance(1);
    await eventually(() => expect(route.calls()).toBe(2));
    await eventually(async () => {
      const { headers, text } = await app.get('/r');
      expect([headers['x-cache'], text]).toEqual(['HIT', '{"calls":2}']);
    });
  });
});
