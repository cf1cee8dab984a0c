// `npm run docs:screenshots`: starts the sample, brings its pages into the states that the documentation shows, and takes pictures.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumLaunch } from '../tools/chromium.mjs';
import { readCommandLine, refuseCommandLine, text } from '../tools/command-line.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { takeDashboard } from './screenshots/dashboard.mjs';
import { takeDemonstration } from './screenshots/demonstration.mjs';
import { startSample } from './screenshots/sample.mjs';

const PAGES = new Map([
  ['demonstration', takeDemonstration],
  ['dashboard', takeDashboard],
]);

const command = {
  command: 'npm run docs:screenshots --',
  about:
    'Takes the pictures of the page of npm start and of the dashboard, light and dark, that the documentation shows.',
  options: { only: text('one of them: demonstration or dashboard', { argument: 'PAGE' }) },
};
const { only } = readCommandLine(command);
const wanted = [...PAGES].filter(([name]) => only === undefined || name === only);
if (wanted.length === 0) refuseCommandLine(command, `there is no page '${only}'`);

const folder = await mkdtemp(join(tmpdir(), 'screenshots-'));
try {
  const sample = await startSample({ databaseFile: join(folder, 'catalogue.sqlite') });
  try {
    const browser = await chromium.launch(await chromiumLaunch({ say: console.log }));
    try {
      for (const [, take] of wanted) await take(browser, sample.address);
    } finally {
      await browser.close();
    }
  } finally {
    await sample.stop();
  }
} catch (error) {
  console.error(`docs:screenshots: ${messageOf(error)}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
