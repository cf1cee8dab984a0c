import { readFile } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DistributedCache } from 'nestjs-distributed-cache';
import { encodeInvalidation } from 'nestjs-distributed-cache/redis';
import { publishScript } from '../../libs/distributed-cache/src/redis/link/publish-script.js';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances, logOf, type Instances, type Place } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { proxyTo, usingRedis } from '../support/redis/using-redis.js';

/** The namespace of the page's examples. */
const NAMESPACE = 'shop';
const { channel: CHANNEL, log: LOG } = namesInRedis(NAMESPACE);

const page = await readFile(new URL('../../docs/message-format.md', import.meta.url), 'utf8');

/** The code of one language that the page shows. */
function codeOnPage(language: string): string {
  const [, code = ''] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page) ?? [];
  return code;
}

/** The rules that the page gives a user, without the name and the password. */
function rulesOnPage(user: string): string[][] {
  return Array.from(page.matchAll(new RegExp(`ACL SETUSER ${user} on >… (.*)`, 'g')), ([, rules = '']) =>
    rules.split(' '),
  );
}

describe('the page about the message format', () => {
  const redis = usingRedis();
  let admin: Redis;
  let a: DistributedCache;
  let b: DistributedCache;

  const inShop = (count: number, place: Place = redis): Promise<Instances> =>
    instances(count).on(place).with({ namespace: NAMESPACE }).connected();

  beforeEach(async () => {
    ({ admin } = redis);
    await admin.flushall();
    ({ a, b } = await inShop(2));
  });

  const runPagesScript = (payload: string, client = admin): Promise<unknown> =>
    client.eval(codeOnPage('lua'), 1, LOG, CHANNEL, payload, 4_096);

  it('shows the script that the instances run', () => {
    expect(codeOnPage('lua').trim()).toBe(publishScript.source.trim());
  });

  it('shows a PUBLISH that evicts the key it names', async () => {
    const [, channel = '', payload = ''] = /redis-cli PUBLISH '(.*?)' '(.*?)'/.exec(page) ?? [];
    await fill('42', 'one', a, b);
    await fill('43', 'one', a, b);

    await admin.publish(channel, payload);

    await untilDropped('42', a, b);
    expect(copies('43', a, b)).toEqual(['one', 'one']);
    expect(a.stats().bridge).toMatchObject({ received: 1, malformed: 0, gaps: 0 });
  });

  it.each([
    ['keys', '{"v":1,"k":[["products","1","2"]]}', ['3']],
    ['a tag', '{"v":1,"t":["odd"]}', ['2']],
    ['a region', '{"v":1,"r":["products"]}', []],
    ['everything', '{"v":1,"e":1}', []],
    ['a name of its own and properties of its own', '{"v":1,"f":"php","x":{},"k":[["products","1"]]}', ['2', '3']],
  ])('is right about a payload with %s', async (_, payload, left) => {
    const products = a.region('products');
    for (const key of ['1', '2', '3']) {
      await products.set(key, 'one', { tags: Number(key) % 2 === 1 ? ['odd'] : [] });
    }
    await admin.publish(CHANNEL, payload);
    await eventually(() => expect(['1', '2', '3'].filter((key) => products.getSync(key) !== undefined)).toEqual(left));
  });

  it.each([
    ['a number', 42, '"42"'],
    ['a list of parts', ['de', 42], '"\\u0000list:[\\"de\\",\\"42\\"]"'],
  ] as const)('is right about how %s is written', async (_, key, written) => {
    expect(page).toContain(written);
    const products = a.region('products');
    await products.set(key, 'one');
    await admin.publish(CHANNEL, `{"v":1,"k":[["products",${written}]]}`);
    await eventually(() => expect(products.getSync(key)).toBeUndefined());
  });

  it('is right that an instance that was cut off gets the message of the script', async () => {
    const proxy = await proxyTo(redis);
    const { a: cache } = await inShop(1, proxy);
    await fill('42', 'one', a, cache);
    proxy.cut();
    await eventually(() => expect(cache.status().state).toBe('disconnected'));

    expect(await runPagesScript('{"v":1,"k":[["products","42"]]}')).toMatch(/^\d+-\d+$/);
    await untilDropped('42', a);
    expect(copies('42', cache)).toEqual(['one']);

    proxy.restore();
    await untilCoherent(cache);
    expect(copies('42', cache)).toEqual([undefined]);
    expect([a, cache].map((each) => each.stats().bridge.flushes)).toEqual([1, 1]);
  });

  it('is right that an XADD by hand makes every instance flush once', async () => {
    await fill('untouched', 'one', a, b);
    await admin.xadd(LOG, '*', 'p', '{"v":1,"k":[["products","42"]]}', 'h', 'made-up');
    // The next entry shows them that they have not heard of one.
    await runPagesScript('{"v":1,"k":[["products","43"]]}');

    await untilDropped('untouched', a, b);
    await untilCoherent(a, b);
    expect([a, b].map((cache) => cache.stats().bridge.flushes)).toEqual([2, 2]);
  });

  it('is right that a malformed message is counted, ignored and logged once', async () => {
    await fill('42', 'one', a);
    const mangled = [
      '',
      'x',
      '{"v":1',
      'null',
      '[]',
      '{"k":[["products","42"]]}',
      '{"v":"1","k":[["products","42"]]}',
      '{"v":1}',
      '{"v":1,"k":["products","42"]}',
      '{"v":1,"k":[["products",42]]}',
      '{"v":1,"t":"odd"}',
      '1-1 2-2',
      '1-1 2 {"v":1,"k":[["products","42"]]}',
    ];
    for (const payload of mangled) await admin.publish(CHANNEL, payload);
    await admin.publish(CHANNEL, Buffer.from([0xff, 0xfe, 0x00]));

    await eventually(() => expect(a.stats().bridge.malformed).toBe(mangled.length + 1));
    expect(copies('42', a)).toEqual(['one']);
    expect(logOf(a).at('warn')).toHaveLength(1);
    expect(a.status().state).toBe('coherent');

    await admin.publish(CHANNEL, '{"v":1,"k":[["products","42"]]}');
    await untilDropped('42', a);
  });

  it('is right that a malformed entry in the log does not stop those after it', async () => {
    await fill('42', 'one', a, b);
    await runPagesScript('mangled');
    await eventually(() => expect(a.stats().bridge.malformed).toBe(1));
    expect(copies('42', a)).toEqual(['one']);

    await runPagesScript('{"v":1,"k":[["products","42"]]}');
    await untilDropped('42', a, b);
    expect(a.stats().bridge).toMatchObject({ gaps: 0, flushes: 1 });
  });

  it.each([
    ['a newer version', '{"v":2,"anything":"else"}'],
    ['a text too long to be taken apart', `{"v":1,"k":[["products","${'x'.repeat(1_100_000)}"]]}`],
  ])('is right that %s means everything', async (_, payload) => {
    await fill('untouched', 'one', a, b);
    await admin.publish(CHANNEL, payload);
    await untilDropped('untouched', a, b);
    expect(a.stats().bridge.malformed).toBe(0);
  });

  it('is right that a forged id moves no position', async () => {
    await fill('untouched', 'one', a, b);
    const { position } = a.status();
    await admin.publish(CHANNEL, '9999999999998-0 9999999999999-0 {"v":1,"k":[["products","42"]]}');
    await eventually(() => expect(a.stats().bridge.gaps).toBeGreaterThan(0));

    await b.region('products').evict('1');
    await eventually(() => expect(a.status().position).not.toBe(position));
    expect(a.status().position).not.toBe('9999999999999-0');
    await fill('1', 'one', a);
    await b.region('products').evict('1');
    await untilDropped('1', a);
  });

  it('describes the payload that encodeInvalidation writes', async () => {
    await fill('42', 'one', a);
    const payload = encodeInvalidation('php', [{ kind: 'key', region: 'products', key: '42' }]);
    expect(payload).toBe('{"v":1,"f":"php","k":[["products","42"]]}');
    await runPagesScript(payload);
    await untilDropped('42', a);
  });

  it('lists all permissions that an instance and a publisher need', async () => {
    const [instance = []] = rulesOnPage('instance');
    const [plain = [], byScript = []] = rulesOnPage('publisher');
    await admin.call('ACL', 'SETUSER', 'instance', 'reset', 'on', '>secret', ...instance);
    await admin.call('ACL', 'SETUSER', 'plain', 'reset', 'on', '>secret', ...plain);
    await admin.call('ACL', 'SETUSER', 'script', 'reset', 'on', '>secret', ...byScript);
    const as = (user: string) => ({ redisConnectionString: `127.0.0.1:${redis.port},user=${user},password=secret` });
    const { a: cache } = await inShop(1, as('instance'));

    await fill('1', 'one', a, cache);
    await cache.region('products').evict('1');
    await untilDropped('1', a);

    for (const [user, publish] of [
      ['plain', (client: Redis, payload: string) => client.publish(CHANNEL, payload)],
      ['script', (client: Redis, payload: string) => runPagesScript(payload, client)],
    ] as const) {
      await fill('2', 'one', cache);
      const client = admin.duplicate({ username: user, password: 'secret', enableReadyCheck: false });
      await publish(client, '{"v":1,"k":[["products","2"]]}');
      await untilDropped('2', cache);
      expect(cache.stats().bridge.malformed).toBe(0);
      client.disconnect();
    }
  });
});
