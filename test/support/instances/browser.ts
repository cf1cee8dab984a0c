import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { beforeAll, onTestFinished } from 'vitest';
import { chromiumLaunch } from '../../../tools/chromium.mjs';

/** A real browser, for the tests of a file. */
export interface TestBrowser {
  /** Opens a page of its own, for the test at hand. */
  open(this: void, url: string, options?: BrowserContextOptions): Promise<OpenPage>;
}

export interface OpenPage {
  readonly page: Page;
  /** What the page has complained of so far: its console, errors of its scripts, and what its policy has blocked. */
  readonly complaints: readonly string[];
}

/** Stands at the top of a file: Chromium is found or installed, and started once. */
export function usingBrowser(): TestBrowser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(await chromiumLaunch({ say: console.log }));
    return () => browser.close();
  }, 180_000);
  return {
    async open(url, options = {}) {
      const context = await browser.newContext(options);
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      await page.goto(url);
      return { page, complaints };
    },
  };
}
