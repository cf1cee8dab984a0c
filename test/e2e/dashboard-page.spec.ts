import { pid } from 'node:process';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DistributedCacheDashboardModule, type DashboardOptions } from 'nestjs-distributed-cache/dashboard';
import { systemClock } from '../../libs/distributed-cache/src/common/clock.js';
import type { Frame, Hello } from '../../libs/distributed-cache/src/dashboard/frame.js';
import { usingBrowser } from '../support/instances/browser.js';
import { eventually } from '../support/common/eventually.js';
import { CROWDED_FRAME } from '../support/http/crowded-frame.js';
import { coherentInstance, frameOf, SENT_AT } from '../support/http/frames.js';
import { ADAPTERS, type AdapterName, type HttpApplication } from '../support/http/http-application.js';
import { startHttp } from '../support/http/start-http.js';
import { testNamespace } from '../support/redis/names-in-redis.js';
import { startRedis, usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();
const browser = usingBrowser();

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 700 };

/** How large all files of the page together may be, before they are compressed. */
const MOST_BYTES = 120_000;

/** The page at this address. The test fails if the browser complains of it: an error of a script, or something that its policy refuses. */
async function opened(url: string, options?: BrowserContextOptions): Promise<Page> {
  const { page, complaints } = await browser.open(url, options);
  onTestFinished(() => expect(complaints).toEqual([]));
  return page;
}

/** Two instances, which both serve the dashboard. */
async function twoInstances(
  adapter: AdapterName,
  options?: DashboardOptions,
  redisConnectionString = redis.connectionString,
): Promise<readonly HttpApplication[]> {
  const namespace = testNamespace();
  const start = (): Promise<HttpApplication> =>
    startHttp(adapter, {
      controllers: [],
      imports: [DistributedCacheDashboardModule.forRoot(options)],
      cache: { redisConnectionString, namespace, clock: systemClock },
    });
  return [await start(), await start()];
}

/** The page when an instance tells it this, and nothing else. */
async function openedWith(state: Frame, options?: BrowserContextOptions): Promise<Page> {
  const [one] = await twoInstances('express');
  const page = await opened(`${one?.origin}/cache`, options);
  const hello: Hello = { self: 'shop-1:1:abcdef01', namespace: 'shop', canEvict: false };
  const body = Object.entries({ hello, state }).map(
    ([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  );
  await page.route('**/cache/events', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: body.join('') }),
  );
  await page.reload();
  return page;
}

function readAllTheTime({ cache }: HttpApplication): void {
  const reading = setInterval(
    () => void cache.region('products').getOrLoad('42', () => 'a chair', { tags: ['t'] }),
    20,
  );
  onTestFinished(() => clearInterval(reading));
}

function section(page: Page, heading: string): ReturnType<Page['locator']> {
  return page.locator('section', { has: page.getByRole('heading', { name: heading, exact: true }) });
}

describe.each(ADAPTERS)('the page of the dashboard on %s', (adapter) => {
  it('shows the instances, an eviction on its way, who holds a key, and evicts', async () => {
    const [one, two] = await twoInstances(adapter, { canEvict: () => true });
    if (!one || !two) throw new Error('There are two.');
    readAllTheTime(one);
    readAllTheTime(two);
    const page = await opened(`${one.origin}/cache`, { viewport: DESK });
    await page.getByText('Both instances are coherent.').waitFor();
    const cards = section(page, 'Instances').getByRole('listitem');
    await eventually(async () => expect(await cards.count()).toBe(2));
    await cards.getByText('serves this page').waitFor();

    const regions = section(page, 'Regions');
    await regions.getByRole('row', { name: /products .*%/ }).waitFor();
    await regions.getByRole('button', { name: 'Entries' }).click();
    await regions.getByRole('columnheader', { name: 'Entries' }).and(page.locator('[aria-sort=descending]')).waitFor();

    await two.cache.region('products').evict('42');
    const travels = section(page, 'Invalidations, and whom they have reached');
    await travels.getByText('evicted 1 key of products').first().waitFor();
    await travels
      .getByText(/✓ .+ ≤ .+ m?s/)
      .first()
      .waitFor();

    const find = section(page, 'Which instance holds this key?');
    await find.getByLabel('Key').fill('42');
    await find.getByLabel('Key').press('Enter');
    await find.getByText('2 of 2 instances hold 42 of products.').waitFor();
    expect(await find.getByText('tags t').count()).toBe(2);

    const evict = section(page, 'Evict in every instance');
    await evict.getByLabel('everything').check();
    await evict.getByRole('button', { name: 'Evict' }).click();
    const evictions = one.cache.stats().regions['products']?.invalidated ?? 0;
    await evict.getByRole('button', { name: 'Yes, evict everything' }).click();
    await evict.getByText('Evicted. It is on its way').waitFor();
    expect(one.cache.stats().regions['products']?.invalidated).toBeGreaterThan(evictions);
    await travels.getByText('evicted everything').waitFor();
    expect(await page.content()).not.toContain('a chair');
  });
});

describe('the page of the dashboard', () => {
  it('can be read on a phone and in the dark, and with or without a slash behind its path', async () => {
    const [one] = await twoInstances('express');
    if (!one) throw new Error('There are two.');
    readAllTheTime(one);
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await opened(`${one.origin}/cache/`, { viewport: PHONE, colorScheme });
      await page.getByText('Both instances are coherent.').waitFor();
      await section(page, 'Regions')
        .getByRole('row', { name: /products/ })
        .waitFor();
      const widths = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
      expect(widths).toEqual([PHONE.width, PHONE.width]);
      const background = String(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor'));
      const red = Number(/\d+/.exec(background)?.[0]);
      expect(red < 128).toBe(colorScheme === 'dark');
      expect(await page.getByText('Evict in every instance').count()).toBe(0);
    }
  });

  it('is used by the keyboard alone', async () => {
    const [one] = await twoInstances('express', { canEvict: () => true });
    const page = await opened(`${one?.origin}/cache`, { viewport: DESK });
    await page.getByText('Both instances are coherent.').waitFor();
    const reached = new Set<string>();
    for (let press = 0; press < 15; press += 1) {
      await page.keyboard.press('Tab');
      reached.add(
        String(
          await page.evaluate("document.activeElement.textContent || document.activeElement.getAttribute('name')"),
        ),
      );
    }
    for (const name of ['key', 'region', 'Find', 'what', 'Evict', 'What do the words mean?'])
      expect([...reached]).toContain(name);
  });

  it('tells that an instance has left', async () => {
    const [one, two] = await twoInstances('express');
    const page = await opened(`${two?.origin}/cache`, { viewport: DESK });
    await page.getByText('Both instances are coherent.').waitFor();
    await one?.app.close();
    await page.getByText('One instance, coherent.').waitFor();
    expect(await section(page, 'Instances').getByRole('listitem').count()).toBe(1);
  });

  it('says first that Redis cannot be reached, and shows the instance that serves it', async () => {
    const own = await startRedis();
    const [one] = await twoInstances('express', { canEvict: () => true }, own.connectionString);
    const page = await opened(`${one?.origin}/cache`, { viewport: DESK });
    await page.getByText('Both instances are coherent.').waitFor();
    await own.kill();
    await page.getByText('Redis cannot be reached by the instance that serves this page.').waitFor();
    await page
      .getByText('Only the instance that serves this page is shown, and the others may be well. Why: ')
      .waitFor();
    const card = section(page, 'Instances').getByRole('listitem');
    await card.getByText('disconnected').waitFor();
    expect(await card.count()).toBe(1);
    // Two instances on one machine are still told apart.
    expect(await card.getByRole('heading').innerText()).toContain(String(pid));
    await own.restart();
    await page.getByText('Both instances are coherent.').waitFor();
  });

  it('stays readable with very many instances and regions, and begins with the instance that is cut off', async () => {
    const page = await openedWith(CROWDED_FRAME, { viewport: PHONE });
    await page.getByText('199 of 200 instances are coherent. shop-150: cut off or gone.').waitFor();
    await page.getByText('it may serve what others evict for 2.0 s more').first().waitFor();
    const first = section(page, 'Instances').getByRole('listitem').first();
    expect(await first.getByRole('heading').innerText()).toBe('shop-150');
    const travel = section(page, 'Invalidations, and whom they have reached').locator('.travel');
    await travel.getByText('✓ 198 others ≤ 21 ms').waitFor();
    await travel.getByText('shop-150: not yet').waitFor();
    const regions = section(page, 'Regions');
    expect(await regions.getByRole('row').count()).toBe(1 + 15);
    await regions.getByRole('button', { name: 'Show all 100 regions' }).click();
    expect(await regions.getByRole('row').count()).toBe(1 + 100);
    await regions.getByText('400 more are not shown').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
  });

  it('tells instances apart of which it knows one only by its invalidation, and containers of one host name and pid', async () => {
    const invalidation = { number: 1, at: SENT_AT, everything: true, arrivals: { 'vm:1:cccccccc': 3 } };
    const nothing = { regions: [], regionCount: 0, keys: [], keyCount: 0, tagCount: 0, isLogged: true };
    const page = await openedWith(
      frameOf([coherentInstance('vm:1:aaaaaaaa')], {
        invalidations: [{ ...nothing, ...invalidation, from: 'vm:2:bbbbbbbb' }],
      }),
      { viewport: DESK },
    );
    const travel = section(page, 'Invalidations, and whom they have reached').locator('.travel');
    await travel.getByText('vm · 2 evicted everything').waitFor();
    const arrivals = await travel.locator('.arrival').allInnerTexts();
    expect(arrivals).toEqual(['vm · 1 · aaaaaaaa: not yet', '✓ vm · 1 · cccccccc ≤ 3.0 ms']);
  });

  it('says of instances that answer and cannot sync that Redis refuses, and what it said, not that they are cut off', async () => {
    const refused = { state: 'disconnected', leaseAge: 42_000 };
    const shop = [1, 2, 3].map((number) => coherentInstance(`shop-${number}:1:abcdef0${number}`, refused));
    const refusal = "OOM command not allowed when used memory > 'maxmemory'.";
    const invalidation = { number: 1, at: SENT_AT, everything: true, arrivals: {}, isLogged: false };
    const nothing = { regions: [], regionCount: 0, keys: [], keyCount: 0, tagCount: 0 };
    const page = await openedWith(
      frameOf(
        shop.map((each, index) => (index === 0 ? { ...each, refusal } : each)),
        { invalidations: [{ ...nothing, ...invalidation, from: 'shop-1:1:abcdef01' }] },
      ),
      { viewport: DESK },
    );
    const verdict = page.locator('.verdict');
    await verdict.getByText('0 of 3 instances are coherent. All 3: disconnected, syncs fail.').waitFor();
    await verdict.getByText('Redis answers, but syncs do not succeed.').waitFor();
    await verdict.getByText(`Redis has refused: ${refusal}`).waitFor();
    expect(await verdict.innerText()).not.toContain('does not reach');
    expect(await section(page, 'Instances').getByText(refusal).count()).toBe(1);
    const travel = section(page, 'Invalidations, and whom they have reached').locator('.travel');
    await travel.getByText('nobody can tell which instances have applied it').waitFor();
    expect(await travel.getByText('not yet').count()).toBe(0);
  });

  it('is not green while coherent instances flush again and again, and says how often and why', async () => {
    const loop = { flushes: 7, isInFlushLoop: true, hitRate: 0 };
    const reason = { flushReason: 'keys-vanished' } as const;
    const page = await openedWith(
      frameOf([
        coherentInstance('shop-1:1:abcdef01', { ...loop, ...reason }),
        coherentInstance('shop-2:1:abcdef02', loop),
      ]),
      { viewport: DESK },
    );
    const verdict = page.locator('.verdict.busy');
    await verdict.getByText('2 of 2 instances are coherent. Both: flush loop.').waitFor();
    await verdict.getByText('All copies are dropped again and again').waitFor();
    await verdict.getByText('Redis loses keys of the cache').waitFor();
    const cards = section(page, 'Instances').getByRole('listitem');
    expect(await cards.getByText('Dropped all its copies 7 times since somebody looks.').count()).toBe(2);
    expect(await cards.getByText('Redis loses keys').count()).toBe(1);
  });

  it('is sent with a policy that allows nothing but its own files, and its files may be kept', async () => {
    const [one] = await twoInstances('fastify');
    const answer = await fetch(`${one?.origin}/cache`);
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const html = await answer.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style=|https?:/);
    const files = Array.from(html.matchAll(/(?:src|href)="([^"]+)"/g), ([, file = '']) => new URL(file, answer.url));
    expect(files.length).toBeGreaterThan(2);
    let bytes = html.length;
    for (const file of files) {
      const sent = await fetch(file);
      expect([sent.status, sent.headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
      bytes += (await sent.arrayBuffer()).byteLength;
    }
    expect(bytes).toBeLessThan(MOST_BYTES);
    expect((await fetch(`${one?.origin}/cache/assets/none.js`)).status).toBe(404);
    expect((await fetch(`${one?.origin}/cache/assets/..%2Findex.html`)).status).toBe(404);
  });
});
