import { SCALE, take } from './taking.mjs';

/** So much of the page is shown, in CSS pixels. */
const VIEWPORT = { width: 1180, height: 830 };
const FOLDER = 'docs/demonstration';

/**
 * The page of the front door, in the states that the README shows.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} address
 */
export async function takeDemonstration(browser, address) {
  const page = await browser.newPage({ viewport: VIEWPORT, deviceScaleFactor: SCALE, reducedMotion: 'reduce' });
  await page.goto(address);
  await untilItSays(page, 'agree on every price');
  await changeAPrice(page);
  await page.getByText('now costs').waitFor();
  await untilItSays(page, 'agree on every price');
  await take(page, `${FOLDER}/all-agree`);

  const second = page.getByRole('region', { name: 'Instance 2', exact: true });
  await second.getByRole('button', { name: 'Cut' }).click();
  await untilItSays(page, 'cannot hear Redis');
  await changeAPrice(page);
  await untilItSays(page, 'serves an old price');
  await take(page, `${FOLDER}/old-price`);
  await second.getByRole('button', { name: 'Linked' }).click();
  await untilItSays(page, 'agree on every price');
  await page.close();
}

/** @param {import('playwright-core').Page} page */
function changeAPrice(page) {
  return page
    .getByRole('button', { name: /^Change the price of/ })
    .first()
    .click();
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} text a part of the headline
 */
async function untilItSays(page, text) {
  await page.getByRole('heading', { level: 1 }).filter({ hasText: text }).waitFor();
}
