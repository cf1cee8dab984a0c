import {
  type CanActivate,
  Controller,
  Get,
  VersioningType,
  type DynamicModule,
  type INestApplication,
} from '@nestjs/common';
import { map } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DistributedCacheDashboardModule, type DashboardOptions } from 'nestjs-distributed-cache/dashboard';
import {
  DistributedCache,
  DistributedCacheModule,
  getDistributedCacheToken,
  type DistributedCacheOptions,
} from 'nestjs-distributed-cache';
import { systemClock } from '../../libs/distributed-cache/src/common/clock.js';
import { eventually } from '../support/common/eventually.js';
import { failureOf } from '../support/common/failure-of.js';
import { DashboardViewer, FROM_PAGE } from '../support/http/dashboard-viewer.js';
import { ADAPTERS, type AdapterName, type HttpApplication } from '../support/http/http-application.js';
import { startHttp } from '../support/http/start-http.js';
import { instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { startRedis, usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();

interface Shown {
  readonly options?: DashboardOptions;
  readonly module?: DynamicModule;
  readonly cache?: DistributedCacheOptions;
  readonly prepare?: (app: INestApplication) => void;
}

/** An instance that serves its dashboard. In local mode, unless `cache` says where Redis is. */
function dashboardOn(adapter: AdapterName, { options, module, cache, prepare }: Shown = {}): Promise<HttpApplication> {
  return startHttp(adapter, {
    controllers: [],
    imports: [module ?? DistributedCacheDashboardModule.forRoot(options)],
    cache: { ...cache, clock: systemClock },
    ...(prepare && { prepare }),
  });
}

/** An instance `a`, and another one that serves the dashboard. */
async function pair(
  adapter: AdapterName,
  options?: DashboardOptions,
): Promise<{ readonly a: DistributedCache; readonly shown: HttpApplication; readonly url: string }> {
  const { a } = await instances(1).on(redis).connected();
  const { namespace } = a.status();
  const cache = { redisConnectionString: redis.connectionString, namespace };
  const shown = await dashboardOn(adapter, { cache, ...(options && { options }) });
  return { a, shown, url: `${shown.origin}/cache` };
}

function idOf(cache: DistributedCache): string {
  return cache.status().instanceId;
}

describe.each(ADAPTERS)('the dashboard on %s', (adapter) => {
  it('shows every instance, what is read in each region, and when each has applied an eviction', async () => {
    const { a, shown, url } = await pair(adapter);
    const viewer = await DashboardViewer.at(url);
    await eventually(() => expect(viewer.frame?.instances).toHaveLength(2));
    expect(viewer.hello).toMatchObject({ self: idOf(shown.cache), namespace: a.status().namespace, canEvict: false });
    expect(viewer.frames[0]).toMatchObject({ isFull: true, scope: 'cluster', problem: null });

    for (let read = 0; read < 20; read += 1) await a.region('r').getOrLoad('secret-key', () => 'secret-value');
    await eventually(() =>
      expect(viewer.frame).toMatchObject({
        regions: [{ name: 'r', entries: 1, hitRate: expect.any(Number) }],
        points: [{ hitRate: expect.any(Number) }],
      }),
    );
    await a.region('r').evict('secret-key');
    await eventually(() =>
      expect(viewer.newest).toMatchObject({
        from: idOf(a),
        keys: [['r', 1]],
        arrivals: { [idOf(shown.cache)]: expect.any(Number) },
      }),
    );
    const told = JSON.stringify([viewer.frames, ...viewer.invalidations.values()]);
    expect(told).not.toMatch(/secret-(?:key|value)/);
  });

  it('opens one observer for all who look, the first time somebody does, and closes it after the last', async () => {
    const { a, url } = await pair(adapter);
    const { channel } = namesInRedis(a.status().namespace);
    const listeners = async (): Promise<unknown> => (await redis.admin.pubsub('NUMSUB', channel))[1];
    expect(await listeners()).toBe(2);
    const viewers = await Promise.all([1, 2, 3].map(() => DashboardViewer.at(url)));
    for (const viewer of viewers) await eventually(() => expect(viewer.frame?.instances).toHaveLength(2));
    expect(await listeners()).toBe(3);
    for (const viewer of viewers) viewer.leave();
    await eventually(async () => expect(await listeners()).toBe(2));
  });

  it('tells which instances hold a key, and does not say so of an instance that does not', async () => {
    const { a, shown, url } = await pair(adapter);
    await a.region('r').getOrLoad('1', () => 1, { ttl: '1h', tags: ['t'] });
    await a.region('r').getOrLoad(['shop', 2], () => 1);
    const viewer = new DashboardViewer(url);
    const { instances: holders } = await viewer.where('r', '1');
    expect(holders.find(({ id }) => id === idOf(a))).toMatchObject({ isHeld: true, tags: ['t'] });
    expect(holders.find(({ id }) => id === idOf(shown.cache))).toMatchObject({ isHeld: false, age: null });
    const ofList = await viewer.where('r', '["shop", 2]');
    expect(ofList.instances.find(({ id }) => id === idOf(a))?.isHeld).toBe(true);
  });

  it('evicts a key, a tag, a region or everything, in every instance, for whom canEvict allows it', async () => {
    const { a, url } = await pair(adapter, { canEvict: ({ headers }) => headers['x-operator'] === 'yes' });
    const viewer = new DashboardViewer(url);
    for (const what of [
      { what: 'key', region: 'r', key: '1' },
      { what: 'tag', tag: 't' },
      { what: 'region', region: 'r' },
      { what: 'everything' },
    ]) {
      await a.region('r').getOrLoad('1', () => 1, { tags: ['t'] });
      expect((await viewer.post('evict', what)).status).toBe(403);
      expect(a.region('r').getSync('1')).toBe(1);
      const answer = await viewer.post('evict', what, { ...FROM_PAGE, 'x-operator': 'yes' });
      expect(await answer.json()).toEqual({ delivered: true });
      await eventually(() => expect(a.region('r').getSync('1')).toBeUndefined());
    }
  });

  it('answers nobody whom canView does not allow', async () => {
    const asked: string[] = [];
    const canView: DashboardOptions['canView'] = async ({ method, headers }) => {
      asked.push(method);
      return headers['authorization'] === 'Basic of-an-operator';
    };
    const { origin } = await dashboardOn(adapter, { options: { canView, canEvict: () => true } });
    const viewer = new DashboardViewer(`${origin}/cache`);
    const refused = [
      await fetch(`${origin}/cache`),
      await fetch(`${origin}/cache/assets/index.js`),
      await fetch(`${origin}/cache/events`),
      await viewer.post('where', { region: 'r', key: '1' }),
      await viewer.post('evict', { what: 'everything' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual(Array(5).fill(403));
    expect(asked).toEqual(['GET', 'GET', 'GET', 'POST', 'POST']);
    const allowed = { ...FROM_PAGE, authorization: 'Basic of-an-operator' };
    expect((await viewer.post('where', { region: 'r', key: '1' }, allowed)).status).toBe(200);
  });

  it('refuses what a page of another origin may have sent', async () => {
    const { origin, cache } = await dashboardOn(adapter, { options: { canEvict: () => true } });
    const viewer = new DashboardViewer(`${origin}/cache`);
    await cache.region('r').getOrLoad('1', () => 1);
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await viewer.post('evict', { what: 'everything' }, headers)).status;
    expect(await statusWith({ 'content-type': 'application/json' })).toBe(403);
    expect(await statusWith({ ...FROM_PAGE, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await statusWith({ ...FROM_PAGE, 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await statusWith({ ...FROM_PAGE, origin: 'http://elsewhere.example' })).toBe(403);
    expect(cache.region('r').getSync('1')).toBe(1);
    expect(await statusWith({ ...FROM_PAGE, origin })).toBe(200);
  });

  it('says what is wrong with a request', async () => {
    const { origin } = await dashboardOn(adapter, { options: { canEvict: () => true } });
    const viewer = new DashboardViewer(`${origin}/cache`);
    for (const [name, body] of [
      ['where', {}],
      ['where', { region: 'r', key: 7 }],
      ['evict', { what: 'all' }],
      ['evict', { what: 'tag', tag: '' }],
    ] as const) {
      const answer = await viewer.post(name, body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toEqual({ error: expect.stringMatching(/allowed/) });
    }
  });

  it('ends every stream at once when the application stops, also of a viewer that does not read', async () => {
    const { url, shown } = await pair(adapter);
    const viewer = await DashboardViewer.at(url);
    const idle = new AbortController();
    onTestFinished(() => idle.abort());
    await fetch(`${url}/events`, { signal: idle.signal });
    await eventually(() => expect(viewer.frame).toBeDefined());
    const startedAt = performance.now();
    await shown.app.close();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await eventually(() => expect(viewer.hasEnded).toBe(true));
  });

  it('works below a global prefix, beside versions, guards and interceptors of the application', async () => {
    let guarded = 0;
    const guard: CanActivate = { canActivate: () => (guarded += 1) > 0 };
    @Controller('other')
    class Other {
      @Get() get(): string {
        return 'x';
      }
    }
    const { origin } = await startHttp(adapter, {
      controllers: [Other],
      imports: [DistributedCacheDashboardModule.forRoot({ path: 'ops/cache' })],
      cache: { clock: systemClock },
      prepare: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        app.useGlobalGuards(guard);
        app.useGlobalInterceptors({ intercept: (_, next) => next.handle().pipe(map((data) => ({ data }))) });
      },
    });
    expect(await (await fetch(`${origin}/api/v1/other`)).json()).toEqual({ data: 'x' });
    const viewer = await DashboardViewer.at(`${origin}/api/ops/cache`);
    await eventually(() => expect(viewer.frame).toMatchObject({ scope: 'local', problem: null }));
    expect(await viewer.where('r', '1')).toMatchObject({ instances: [{ isHeld: false }] });
    expect(guarded).toBe(3);
  });

  it('keeps proxies and compression from holding events back', async () => {
    const { origin } = await dashboardOn(adapter, {
      prepare: (app) => app.enableCors({ origin: 'http://console.example' }),
    });
    const left = new AbortController();
    onTestFinished(() => left.abort());
    const { headers } = await fetch(`${origin}/cache/events`, { signal: left.signal });
    expect(headers.get('cache-control')).toBe('no-store, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    // What others have set is sent, too.
    expect(headers.get('access-control-allow-origin')).toBe('http://console.example');
  });
});

describe('the dashboard', () => {
  it('shows the one instance in local mode, and what it evicts', async () => {
    const { origin, cache } = await dashboardOn('express');
    const viewer = await DashboardViewer.at(`${origin}/cache`);
    await eventually(() =>
      expect(viewer.frame).toMatchObject({
        scope: 'local',
        log: null,
        instances: [{ id: idOf(cache), state: 'local' }],
      }),
    );
    await cache.region('r').evictMany(['1', '2']);
    await eventually(() => expect(viewer.newest).toMatchObject({ from: idOf(cache), keys: [['r', 2]], arrivals: {} }));
  });

  it('shows its own instance and the reason while Redis is away, and all of them when it is back', async () => {
    const own = await startRedis();
    const { a } = await instances(1).on(own).connected();
    const cache = { redisConnectionString: own.connectionString, namespace: a.status().namespace };
    const { origin, cache: shown } = await dashboardOn('express', { cache });
    const viewer = await DashboardViewer.at(`${origin}/cache`);
    await eventually(() => expect(viewer.frame?.instances).toHaveLength(2));
    await own.kill();
    await eventually(() =>
      expect(viewer.frame).toMatchObject({
        problem: {
          what: 'Redis cannot be reached by the instance that serves this page.',
          why: expect.stringMatching(/^Why: .+\.$/),
        },
        instances: [{ id: idOf(shown), state: 'disconnected', maxStaleness: shown.maxStaleness }],
      }),
    );
    await own.restart();
    await eventually(() => expect(viewer.frame).toMatchObject({ problem: null, instances: [{}, {}] }), 20_000);
  });

  it('says that a full Redis answers and refuses syncs, what it said, and which invalidations the log does not have', async () => {
    const own = await startRedis();
    const { a } = await instances(1).with({ maxStaleness: '1s' }).on(own).connected();
    const { namespace } = a.status();
    const cache = { redisConnectionString: own.connectionString, namespace, maxStaleness: '1s' } as const;
    const { origin, cache: shown } = await dashboardOn('express', { cache });
    const viewer = await DashboardViewer.at(`${origin}/cache`);
    await eventually(() => expect(viewer.frame?.instances).toHaveLength(2));
    await own.admin.config('SET', 'maxmemory', '1');
    await eventually(() =>
      expect(viewer.frame?.instances.map(({ state }) => state)).toEqual(Array(2).fill('disconnected')),
    );
    await shown.region('r').evict('secret-key');
    await eventually(() => expect(viewer.newest).toMatchObject({ from: idOf(shown), isLogged: false }));
    await eventually(() =>
      expect(viewer.frame?.instances.find(({ id }) => id === idOf(shown))).toMatchObject({
        isReached: true,
        refusal: expect.stringMatching(/^OOM command not allowed when used memory > 'maxmemory'\.(?! script)/),
      }),
    );
    expect(viewer.frame).toMatchObject({ problem: null });
    expect(viewer.frame?.instances.find(({ id }) => id === idOf(a))).toMatchObject({ isReached: true, refusal: null });
    expect(JSON.stringify(viewer.frames)).not.toContain('secret-key');
    await own.admin.config('SET', 'maxmemory', '0');
    await eventually(() =>
      expect(viewer.frame?.instances).toMatchObject([
        { state: 'coherent', refusal: null },
        { state: 'coherent', refusal: null },
      ]),
    );
  });

  it('takes its guards from a factory, which may inject what it needs', async () => {
    const module = DistributedCacheDashboardModule.forRootAsync({
      path: '/ops',
      inject: [{ token: 'not there', optional: true }],
      useFactory: (nothing: unknown) => ({ canView: () => nothing !== undefined }),
    });
    const { origin } = await dashboardOn('express', { module });
    expect((await fetch(`${origin}/ops/events`)).status).toBe(403);
  });

  it('shows the cache of a name', async () => {
    const { origin, app } = await startHttp('express', {
      controllers: [],
      imports: [
        DistributedCacheModule.forRoot({ name: 'prices', redisConnectionString: '' }),
        DistributedCacheDashboardModule.forRoot(),
        DistributedCacheDashboardModule.forRoot({ name: 'prices', path: '/prices' }),
      ],
    });
    const viewers = [await DashboardViewer.at(`${origin}/cache`), await DashboardViewer.at(`${origin}/prices`)];
    const caches = [
      app.get<DistributedCache>(DistributedCache),
      app.get<DistributedCache>(getDistributedCacheToken('prices')),
    ];
    for (const [index, viewer] of viewers.entries())
      await eventually(() => expect(viewer.hello?.self).toBe(caches[index]?.status().instanceId));
  });

  it.each<[string, string | undefined, object, string, RegExp]>([
    ['without canView in production', undefined, {}, 'production', /in production .* needs canView/],
    ['with a cache that is not there', 'prices', {}, 'test', /no cache 'prices'/],
    ['with an option that is unknown', undefined, { canVeiw: () => true }, 'test', /there is no option 'canVeiw'/],
    ['with a guard that is no function', undefined, { canView: true }, 'test', /canView: true is not allowed/],
  ])('refuses to boot %s', async (_, name, access, mode, message) => {
    vi.stubEnv('NODE_ENV', mode);
    onTestFinished(() => void vi.unstubAllEnvs());
    const module = DistributedCacheDashboardModule.forRootAsync({ name, useFactory: () => access });
    expect(await failureOf(dashboardOn('express', { module }))).toMatchObject({
      message: expect.stringMatching(message),
    });
  });

  it('boots in production with canView', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { origin } = await dashboardOn('express', { options: { canView: () => false } });
    expect((await fetch(`${origin}/cache`)).status).toBe(403);
  });
});
