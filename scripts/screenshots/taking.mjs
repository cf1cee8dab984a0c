import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inRepository } from '../../tools/repository.mjs';
import { withFewColours } from './few-colours.mjs';

/** A picture has so many pixels for one of CSS, in each direction. */
export const SCALE = 1.5;

/**
 * The same moment, light and dark.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name of the files without what differs, from the root of the repository
 */
export async function take(page, name) {
  // The button that was pressed last would be shown with the mouse over it.
  await page.mouse.move(0, 0);
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    // Charts are drawn anew in the frame after.
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    const picture = await withFewColours(await page.screenshot());
    const file = inRepository(`${name}-${colorScheme}.png`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, picture);
    console.log(`docs:screenshots: ${file}, ${Math.round(picture.length / 1_000)} kB`);
  }
}
