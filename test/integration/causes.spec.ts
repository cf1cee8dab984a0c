import { appendFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NEVER_SAID } from '../support/causes/cause.js';
import { PERMISSIONS } from '../support/causes/permissions.js';
import { Scene } from '../support/causes/scene.js';
import { WORDS } from '../support/causes/words.js';

let scene: Scene;
const console_: string[] = [];

beforeEach(() => {
  scene = new Scene();
  console_.length = 0;
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...parts) => void console_.push(parts.join(' ')));
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await scene.end();
});

describe.each([
  ['permissions', PERMISSIONS],
  ['words', WORDS],
])('%s: an operator reads what is amiss, and nothing past the logger', (_, causes) => {
  it.for(causes)('$cause', async ({ cause, lacking, provoke, says }, { skip }) => {
    if (lacking !== undefined) {
      await record(cause, [`(not brought about: this machine lacks ${lacking})`]);
      return skip(lacking);
    }
    await provoke(scene);
    const said = [...scene.said];
    await record(cause, said);

    for (const line of says) expect(said).toContainEqual(expect.stringMatching(line));
    expect(says.length === 0 ? said : []).toEqual([]);
    for (const line of said) expect(line).not.toMatch(NEVER_SAID);
    expect(console_).toEqual([]);
  });
});

/** A row of the table that `npm run causes` prints. */
async function record(cause: string, said: readonly string[]): Promise<void> {
  const file = process.env['CAUSES'];
  if (file) await appendFile(file, `${JSON.stringify({ cause, said })}\n`);
}
