import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findPromtool } from '../../tools/promtool.mjs';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const promtool = await findPromtool({ say: console.log });

// Skipped where promtool cannot be had.
describe.skipIf(promtool === undefined)('the alert rules', () => {
  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(promtool ?? '', args, { encoding: 'utf8' })).stdout;

  it('are valid for Prometheus', async () => {
    const rules = here('../../libs/distributed-cache/prometheus/alerts.yml');
    expect(await run('check', 'rules', '--lint-fatal', rules)).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('fire for what they are about, each alone, and with the text that they are to have', async () => {
    expect(await run('test', 'rules', here('alerts.promtool.yml'))).toContain('SUCCESS');
  });
});
