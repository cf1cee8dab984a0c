import { request as rawRequest } from 'node:http';
import { networkInterfaces } from 'node:os';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { resolveSettings } from '../../libs/distributed-cache/src/module/options/resolve-settings.js';
import { MAX_STALENESS, type Scene, situationOf } from '../../scripts/start/demonstration/situation.mjs';
import { eventually } from '../support/common/eventually.js';
import { type SampleApplication, startSample } from '../support/instances/sample-application.js';
import { request } from '../support/instances/sample-client.js';
import { usingRedis } from '../support/redis/using-redis.js';

interface State extends Scene {
  readonly products: readonly { readonly id: number; readonly price: number }[];
  readonly situation: { readonly headline: string };
  readonly disabled: {
    readonly links: string | null;
    readonly redis: string | null;
    readonly instances: string | null;
  };
  readonly load: { readonly requestsPerSecond: number; readonly hitRate: number | null; readonly failed: number };
  readonly refusal: string | null;
}

let sample: SampleApplication;

beforeAll(async () => {
  sample = await startSample();
  return () => sample.stop();
});

async function state(of = sample): Promise<State> {
  return (await request<State>('GET', `${of.frontDoor}/demonstration/state`)).body;
}

/** Presses a control as the page does, with the headers of the page but for these; `undefined`: without it. */
function press(
  control: string,
  fields: unknown,
  headers: Readonly<Record<string, string | undefined>> = {},
  at = sample.frontDoor,
): Promise<{ code: number; message: string }> {
  const all = { 'content-type': 'application/json', 'x-demonstration': '1', ...headers };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const url = `${at}/demonstration/${control}`;
    // Not `fetch`, which sets the host by itself.
    const sent = rawRequest(url, { method: 'POST', headers: given }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += String(chunk)));
      answer.once('end', () => resolve({ code: answer.statusCode ?? 0, message: String(JSON.parse(text).message) }));
    });
    sent.once('error', reject);
    sent.end(JSON.stringify(fields));
  });
}

describe('the state that the demonstration shows', () => {
  it('holds what each instance answers, and what the database says', async () => {
    const { products, instances, situation } = await state();
    const prices = products.map(({ price }) => price);
    expect(prices).toHaveLength(3);
    expect(instances.map((instance) => instance.products.map(({ price }) => price))).toEqual([prices, prices, prices]);
    expect(instances.map(({ link, cache }) => `${link} ${cache}`)).toEqual(Array(3).fill('open coherent'));
    expect(situation.headline).toBe('All 3 instances agree on every price');
  });

  it('has the age of the copies', async () => {
    await eventually(async () => {
      const ages = (await state()).instances.flatMap(({ products }) => products.map(({ age }) => age ?? 0));
      expect(Math.min(...ages)).toBeGreaterThan(0);
    });
  });
});

describe('the controls of the demonstration', () => {
  it('change a price through the instance that is asked for', async () => {
    expect(await press('price', { product: 1, price: 12.345, through: 2 })).toMatchObject({ code: 200 });
    await eventually(async () => {
      const { products, instances } = await state();
      const served = instances.map((instance) => instance.products[0]?.price);
      expect([products[0]?.price, ...served]).toEqual([12.35, 12.35, 12.35, 12.35]);
    });
  });

  it('change a price through an instance that hears Redis, unless one is asked for', async () => {
    await press('link', { instance: 1, state: 'cut' });
    onTestFinished(async () => void (await press('link', { instance: 1, state: 'open' })));
    await press('price', { product: 351, price: 77 });
    await eventually(async () => {
      const { instances } = await state();
      expect(instances.map(({ products }) => products[1]?.stale)).toEqual([true, false, false]);
    });
  });

  it.each([
    ['without its header', { 'x-demonstration': undefined }],
    ['from the page of another site', { origin: 'http://shop.example' }],
    ['to a name that another site has made to lead here', { host: 'shop.example:3000' }],
    ['with a body that a form of another site can send', { 'content-type': 'text/plain' }],
  ])('refuse a request %s', async (_, headers) => {
    expect((await press('redis', { state: 'stopped' }, headers)).code).toBe(403);
    expect((await state()).redis.state).toBe('running');
  });

  it('answer no preflight with a permission', async () => {
    const headers = { origin: 'http://shop.example', 'access-control-request-method': 'POST' };
    const answer = await fetch(`${sample.frontDoor}/demonstration/redis`, { method: 'OPTIONS', headers });
    expect(answer.ok).toBe(false);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each([
    ['price', { product: 1, price: -1 }, 'price must be'],
    ['price', { product: 1.5, price: 1 }, 'product must be a whole number'],
    ['link', { instance: 1, state: 'broken' }, 'state must be one of open, paused, cut'],
    ['link', { instance: 9, state: 'cut' }, 'There is no instance 9'],
    ['redis', {}, 'state must be one of'],
    ['instances', { count: 7 }, 'There can be 1 to 6 instances'],
    ['load', { requestsPerSecond: 1_001 }, 'There can be 0 to 1000 requests a second'],
    ['load', 'x'.repeat(2_000), 'The body is too long'],
    ['nonsense', {}, 'There is no such control'],
  ])('refuse %s with %j, and say why', async (control, fields, message) => {
    const answer = await press(control, fields);
    expect(answer.code).toBeGreaterThanOrEqual(400);
    expect(answer.message).toContain(message);
  });

  // A machine without a network has no other address than those of the loopback interface.
  it('are for this machine only', async () => {
    const open = await startSample({ instances: 1, environment: { HOST: '0.0.0.0' } });
    onTestFinished(() => open.stop());
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const outside = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
    if (outside === undefined) return;
    const address = `http://${outside.address}:${open.ports[0]}`;
    expect((await press('redis', { state: 'stopped' }, {}, address)).code).toBe(403);
    const { body } = await request<State>('GET', `${address}/demonstration/state`);
    expect(body.refusal).toContain('on the machine that runs npm start');
  });
});

describe('the demonstration on a Redis that RedisConnectionString names', () => {
  const redis = usingRedis();

  it('leaves that Redis and the way to it alone, and says why', async () => {
    const given = await startSample({ redisConnectionString: redis.connectionString, instances: 1 });
    onTestFinished(() => given.stop());
    const { disabled, instances } = await state(given);
    expect(disabled.redis).toContain('RedisConnectionString names this Redis');
    expect(disabled.links).toBe(disabled.redis);
    expect(disabled.instances).toBeNull();
    expect(instances.map(({ link }) => link)).toEqual([null]);
    expect((await press('redis', { state: 'stopped' }, {}, given.frontDoor)).code).toBe(409);
    expect((await press('link', { instance: 1, state: 'cut' }, {}, given.frontDoor)).code).toBe(409);
    expect(await redis.admin.ping()).toBe('PONG');
  });
});

describe('the headline of the demonstration', () => {
  const product = { id: 1, price: 5, age: 4_000, stale: false, remaining: 6_400 };
  const card = {
    number: 1,
    port: 3001,
    pid: 1,
    state: 'running',
    link: 'open',
    cache: 'coherent',
    leaseLeft: 9_000,
    outbox: 0,
    hitRate: 1,
    products: [product],
  } as const;
  const deaf = { ...card, number: 2, link: 'cut', cache: 'disconnected', leaseLeft: 6_400 } as const;
  const scene: Scene = {
    phase: 'running',
    redis: { kind: 'private', state: 'running' },
    instances: [card, { ...card, number: 2 }],
  };

  it.each<[string, Scene]>([
    ['Building, before the instances can start', { ...scene, phase: 'building', instances: [] }],
    [
      '2 instances are starting',
      {
        ...scene,
        phase: 'starting',
        instances: [
          { ...card, state: 'starting' },
          { ...card, state: 'starting' },
        ],
      },
    ],
    ['Instance 2 does not answer', { ...scene, instances: [card, { ...card, number: 2, cache: null }] }],
    ['Both instances agree on every price', scene],
    ['The one instance serves the prices of the database', { ...scene, instances: [card] }],
    ['One instance runs, in local mode', { ...scene, redis: { kind: 'none', state: null }, instances: [card] }],
    [
      'The one instance serves the prices of the database; Instance 2 is starting',
      { ...scene, instances: [card, { ...card, number: 2, state: 'starting' }] },
    ],
    ['Instance 2 cannot hear Redis: it may serve an old price for at most 7 s', { ...scene, instances: [card, deaf] }],
    [
      'Instances 1 and 2 cannot hear Redis: they may serve an old price for at most 10 s',
      {
        ...scene,
        instances: [
          { ...deaf, number: 1, leaseLeft: 0 },
          { ...deaf, leaseLeft: 0 },
        ],
      },
    ],
    [
      'Instance 2 serves an old price, for at most 7 s more',
      { ...scene, instances: [card, { ...deaf, products: [{ ...product, stale: true }] }] },
    ],
    ['Instance 2 changed a price and cannot tell the others', { ...scene, instances: [card, { ...deaf, outbox: 1 }] }],
    [
      'A change is on its way to the other instances',
      { ...scene, instances: [card, { ...card, number: 2, products: [{ ...product, stale: true }] }] },
    ],
    [
      'Redis is gone: everything still answers, and no old price lasts longer than 10 s',
      { ...scene, redis: { kind: 'private', state: 'stopped' } },
    ],
    [
      'Redis is paused: everything still answers, and no old price lasts longer than 10 s',
      { ...scene, redis: { kind: 'private', state: 'paused' } },
    ],
  ])('is: %s', (headline, given) => {
    expect(situationOf(given).headline).toBe(headline);
  });

  it('counts down from the default of the library', () => {
    expect(MAX_STALENESS).toBe(resolveSettings({}).maxStaleness);
  });
});
