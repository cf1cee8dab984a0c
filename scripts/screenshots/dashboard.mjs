import { SCALE, take } from './taking.mjs';

/** So much of the page is shown, in CSS pixels: all of it but the explanation of its words. */
const DESK = { width: 1180, height: 1500 };
const PHONE = { width: 375, height: 812 };
const FOLDER = 'docs/dashboard';

/** How long the charts are filled before the picture, in ms. */
const FILLED = 60_000;
/** For so long, in ms, figures and ticks of what has just happened are waited for: they come every two seconds. */
const SETTLED = 5_000;

/**
 * The dashboard of the sample under load: how it is in health, on a desk and on a phone, and while one instance is cut off.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} address of the front door
 */
export async function takeDashboard(browser, address) {
  const controls = await browser.newPage();
  await controls.goto(address);
  await controls.getByRole('button', { name: '100/s' }).click();
  const open = async (/** @type {{ width: number, height: number }} */ viewport) => {
    const page = await browser.newPage({ viewport, deviceScaleFactor: SCALE, reducedMotion: 'reduce' });
    await page.goto(`${address}cache/`);
    return page;
  };
  const [desk, phone] = await Promise.all([open(DESK), open(PHONE)]);
  await desk.waitForTimeout(FILLED);
  await changePrices(controls);
  await findProduct(desk);
  await desk.waitForTimeout(SETTLED);
  await take(desk, `${FOLDER}/health`);
  await take(phone, `${FOLDER}/phone`);

  const cut = (await servingInstance(desk, address)) === 2 ? 'Instance 1' : 'Instance 2';
  await controls.getByRole('region', { name: cut, exact: true }).getByRole('button', { name: 'Cut' }).click();
  await desk.getByText('cut off or gone').first().waitFor();
  await changePrices(controls);
  await findProduct(desk);
  await desk.waitForTimeout(SETTLED);
  await desk.setViewportSize({ width: DESK.width, height: 640 });
  await take(desk, `${FOLDER}/cut-off`);
}

/** @param {import('playwright-core').Page} controls the page of the front door */
async function changePrices(controls) {
  for (const button of await controls.getByRole('button', { name: /^Change the price of/ }).all()) await button.click();
}

/**
 * The number of the instance at which the front door keeps a page: their ports follow its own.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} address of the front door
 */
async function servingInstance(page, address) {
  const cookies = await page.context().cookies(`${address}cache/`);
  const port = cookies.find(({ name }) => name === 'front-door-instance')?.value;
  return Number(port) - Number(new URL(address).port);
}

/** @param {import('playwright-core').Page} page */
async function findProduct(page) {
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Find' }) });
  await form.getByLabel('Region').fill('products');
  await form.getByLabel('Key').fill('1');
  await form.getByRole('button', { name: 'Find' }).click();
  await page.locator('.found').waitFor();
}
