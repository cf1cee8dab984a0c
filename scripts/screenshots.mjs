// `npm run docs:screenshots`: starts the sample, brings the page of the front door into the states that the README shows, and takes pictures.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumLaunch } from '../tools/chromium.mjs';
import { readCommandLine } from '../tools/command-line.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { inRepository } from '../tools/repository.mjs';
import { withFewColours } from './screenshots/few-colours.mjs';
import { startSample } from './screenshots/sample.mjs';

/** Where the pictures go. */
const FOLDER = inRepository('docs/demonstration');

/** So much of the page is shown, in CSS pixels; a picture has one and a half times as many in each direction. */
const VIEWPORT = { width: 1180, height: 830 };
const SCALE = 1.5;

readCommandLine({
  command: 'npm run docs:screenshots --',
  about: 'Takes the pictures of the page of npm start, light and dark, that the README shows.',
  options: {},
});

const folder = await mkdtemp(join(tmpdir(), 'screenshots-'));
try {
  await mkdir(FOLDER, { recursive: true });
  const sample = await startSample({ databaseFile: join(folder, 'catalogue.sqlite') });
  try {
    await takeAll(sample.address);
  } finally {
    await sample.stop();
  }
} catch (error) {
  console.error(`docs:screenshots: ${messageOf(error)}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param {string} address */
async function takeAll(address) {
  const browser = await chromium.launch(await chromiumLaunch({ say: console.log }));
  try {
    const page = await browser.newPage({ viewport: VIEWPORT, deviceScaleFactor: SCALE, reducedMotion: 'reduce' });
    await page.goto(address);
    await untilItSays(page, 'agree on every price');
    await page
      .getByRole('button', { name: /^Change the price of/ })
      .first()
      .click();
    await page.getByText('now costs').waitFor();
    await untilItSays(page, 'agree on every price');
    await take(page, 'all-agree');

    const second = page.getByRole('region', { name: 'Instance 2', exact: true });
    await second.getByRole('button', { name: 'Cut' }).click();
    await untilItSays(page, 'cannot hear Redis');
    await page
      .getByRole('button', { name: /^Change the price of/ })
      .first()
      .click();
    await untilItSays(page, 'serves an old price');
    await take(page, 'old-price');
  } finally {
    await browser.close();
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} text a part of the headline
 */
async function untilItSays(page, text) {
  await page.getByRole('heading', { level: 1 }).filter({ hasText: text }).waitFor();
}

/**
 * The same moment, light and dark.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
async function take(page, name) {
  // The button that was pressed last would be shown with the mouse over it.
  await page.mouse.move(0, 0);
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    const file = join(FOLDER, `${name}-${colorScheme}.png`);
    const picture = await withFewColours(await page.screenshot());
    await writeFile(file, picture);
    console.log(`docs:screenshots: ${file}, ${Math.round(picture.length / 1_000)} kB`);
  }
}
