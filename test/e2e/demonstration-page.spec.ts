import type { Locator, Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { usingBrowser } from '../support/instances/browser.js';
import { SampleApplication, startSample } from '../support/instances/sample-application.js';

/** How long an instance may serve an old price, and what a busy machine may add, in ms. */
const WITHIN_LEASE = 10_000 + 2_000;

const browser = usingBrowser();
let sample: SampleApplication;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  sample = await startSample();
  return () => sample.stop();
});

beforeEach(async () => {
  ({ page, complaints } = await browser.open(`${sample.frontDoor}/`));
  await says('All 3 instances agree on every price');
  return assertNoComplaints;
});

function assertNoComplaints(): void {
  expect(complaints).toEqual([]);
}

function says(text: string | RegExp, timeout?: number): Promise<void> {
  return eventually(
    async () => expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(text),
    timeout,
  );
}

function card(number: number): Locator {
  return page.getByRole('region', { name: `Instance ${number}`, exact: true });
}

function link(number: number, state: 'Linked' | 'Paused' | 'Cut'): Locator {
  return card(number).getByRole('button', { name: state, exact: true });
}

/** What the instances serve for the product in this row, and whether it is marked as old. */
async function served(row: number): Promise<string[]> {
  const lines = await page.locator(`.card tbody tr:nth-child(${row + 1})`).allInnerTexts();
  return lines.map((line) => {
    const [, price, note] = line.split('\t');
    return note?.startsWith('old:') ? `${price} old` : String(price);
  });
}

/** Changes the price in this row, by the form of the page. */
async function change(row: number, price: string): Promise<void> {
  const line = page.locator('#products tr').nth(row);
  await line.getByRole('spinbutton').fill(price);
  await line.getByRole('button').click();
}

describe('the page of npm start', () => {
  it('shows a change of a price in the database and on every card', async () => {
    await change(0, '123.45');
    await eventually(async () => expect(await served(0)).toEqual(['123.45', '123.45', '123.45']));
    expect(await page.locator('#products tr').nth(0).locator('.price').innerText()).toBe('123.45');
    await page.getByText('now costs 123.45, changed through instance 1.').waitFor();
  });

  it('shows the old price of an instance that is cut off, counts down, and shows the new one within the lease', async () => {
    const [first = ''] = await served(1);
    await link(2, 'Cut').click();
    await says(/^Instance 2 cannot hear Redis: it may serve an old price for at most \d+ s$/);
    await change(1, '200.5');
    const changedAt = performance.now();
    await eventually(async () => expect(await served(1)).toEqual(['200.50', `${first} old`, '200.50']));
    await says(/^Instance 2 serves an old price, for at most \d+ s more$/);
    expect(await card(2).locator('.stale .age').innerText()).toMatch(/^old: \d+ s left$/);
    const lease = async (): Promise<number> => Number(await card(2).getByRole('progressbar').getAttribute('value'));
    const before = await lease();
    await eventually(async () => expect(await lease()).toBeLessThan(before));

    await eventually(async () => expect(await served(1)).toEqual(['200.50', '200.50', '200.50']), WITHIN_LEASE);
    expect(performance.now() - changedAt).toBeLessThan(WITHIN_LEASE);
    await page.getByText(/^\S+ Instance 2 served the old price .* for \d+\.\d s\.$/).waitFor();

    await link(2, 'Linked').click();
    await says('All 3 instances agree on every price');
  });

  it('shows the new price at once when a paused link is healed', async () => {
    await link(3, 'Paused').click();
    await change(2, '31');
    await eventually(async () => expect((await served(2))[2]).toMatch(/ old$/));
    await link(3, 'Linked').click();
    await eventually(async () => expect(await served(2)).toEqual(['31.00', '31.00', '31.00']), 5_000);
    await says('All 3 instances agree on every price');
  });

  it('says that a change through an instance that is cut off does not reach the others before it is healed', async () => {
    await link(1, 'Cut').click();
    await page.getByLabel('Change it through').selectOption('instance 1');
    await change(2, '32');
    await says('Instance 1 changed a price and cannot tell the others');
    expect(await card(3).locator('.stale .age').innerText()).toBe('old: not told');
    await link(1, 'Linked').click();
    await eventually(async () => expect(await served(2)).toEqual(['32.00', '32.00', '32.00']));
    await says('All 3 instances agree on every price');
  });

  it('pauses Redis, kills it and starts it again, and every instance agrees in the end', async () => {
    const redis = page.getByRole('group', { name: 'What Redis does' });
    await redis.getByRole('button', { name: 'Paused' }).click();
    await says('Redis is paused: everything still answers');
    await redis.getByRole('button', { name: 'Runs' }).click();
    await says('All 3 instances agree on every price');

    await redis.getByRole('button', { name: 'Killed' }).click();
    await says('Redis is gone: everything still answers');
    await change(0, '55');
    await eventually(async () => expect(await served(0)).toEqual(['55.00', '55.00', '55.00']), WITHIN_LEASE);
    await redis.getByRole('button', { name: 'Runs' }).click();
    await says('All 3 instances agree on every price', WITHIN_LEASE);
  });

  it('adds and removes instances by the slider, with the keyboard', async () => {
    const slider = page.getByRole('slider', { name: 'How many instances run' });
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await says(/^All 4 instances agree on every price$/, 20_000);
    expect(await page.locator('#closer [data-port]').count()).toBe(4);
    await page.keyboard.press('ArrowLeft');
    await says(/^All 3 instances agree on every price$/, 20_000);
    expect(await page.locator('.card').count()).toBe(3);
    expect(await page.locator('#closer [data-port]').count()).toBe(3);
  });

  it('makes load, and says how much of it is answered from memory', async () => {
    const load = page.getByRole('group', { name: 'Requests a second' });
    await load.getByRole('button', { name: '100/s' }).click();
    const note = page.locator('#load-note');
    await eventually(async () =>
      expect(await note.innerText()).toMatch(/^\d+ requests a second, \d+ % answered from memory$/),
    );
    await load.getByRole('button', { name: 'None' }).click();
    await eventually(async () => expect(await note.innerText()).toContain('Reads of a thousand products'));
  });

  it('can be read on a phone, light and dark, without scrolling sideways', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const phone = await browser.open(`${sample.frontDoor}/`, { viewport: { width: 360, height: 740 }, colorScheme });
      await phone.page.locator('.card .price').first().waitFor();
      expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
      const ground = await phone.page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(16, 21, 27)');
      expect(phone.complaints).toEqual([]);
    }
  });

  it('can be used with the keyboard alone', async () => {
    await page.locator('#products tr').nth(1).getByRole('spinbutton').focus();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('44.5');
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await served(1)).toEqual(['44.50', '44.50', '44.50']));
    await link(2, 'Linked').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await says('Instance 2 cannot hear Redis');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await says('All 3 instances agree on every price');
  });
});

describe('the page of an npm start that has just begun', () => {
  it('is there before the instances, fills itself, and says so when npm start has ended', async () => {
    const young = await SampleApplication.spawn({ instances: 1 });
    await young.untilPrinted('Open http://localhost:');
    const early = await fetch(`${young.frontDoor}/`);
    expect([early.status, await early.text()]).toEqual([503, expect.stringContaining('<h1>Starting')]);
    ({ page } = await browser.open(`${young.frontDoor}/`));
    await says('The one instance serves the prices of the database', 30_000);
    await young.stop();
    await says('npm start does not answer');
  });
});
