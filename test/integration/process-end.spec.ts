import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { inRepository } from '../../tools/repository.mjs';

it.each([
  ['an eviction everywhere', 'InvalidationNotConfirmedError'],
  ['a clear everywhere', 'InvalidationNotConfirmedError'],
  ['a read that joins a load which waits for the read', 'resolved'],
])('A process that waits for %s, with nothing else to do, does not end before it is settled', async (what, ending) => {
  const program = [inRepository('tools/run-typescript.mjs'), 'test/support/process-end/program.ts', what];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: inRepository('.') });
  expect(stdout.trim()).toBe(ending);
});
