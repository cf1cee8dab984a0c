import { appendFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NEVER_SAID, type Cause } from '../support/causes/cause.js';
import { PERMISSIONS } from '../support/causes/permissions.js';
import { Scene } from '../support/causes/scene.js';
import { TWEMPROXY } from '../support/causes/twemproxy.js';
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
  it.each(causes.filter(canBeProvoked).map((each) => [each.cause, each] as const))('%s', async (cause, each) => {
    const { provoke, says } = each;
    await provoke(scene);
    const said = [...scene.said];
    await record(cause, said);

    for (const line of says) expect(said).toContainEqual(expect.stringMatching(line));
    expect(says.length === 0 ? said : []).toEqual([]);
    for (const line of said) expect(line).not.toMatch(NEVER_SAID);
    expect(console_).toEqual([]);
  });
});

function canBeProvoked({ cause }: Cause): boolean {
  return TWEMPROXY !== undefined || !cause.startsWith('twemproxy');
}

/** A row of the table that `npm run causes` prints. */
async function record(cause: string, said: readonly string[]): Promise<void> {
  const file = process.env['CAUSES'];
  if (file) await appendFile(file, `${JSON.stringify({ cause, said })}\n`);
}
