import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installPackagesOf } from '../../tools/install-packages.mjs';
import { ROOT } from '../../tools/repository.mjs';

const run = promisify(execFile);

/** What the checker is to find, and a sentence of it that says so. */
const FAULTS = [
  {
    code: '/** @publicApi */ export function withoutSentence(): void {}',
    says: /withoutSentence\b.* does not have any documentation/,
  },
  {
    code: '/** A class. @publicApi */ export class WithMethods { /** Is not tested. */ a(): void {} bare(): void {} }',
    says: /WithMethods\.bare\b.* does not have any documentation/,
  },
  {
    code: '/** Says not whether it is public. */ export function withoutMark(): void {}',
    says: /withoutMark is exported, and is marked neither @publicApi nor @internal/,
  },
  {
    code: '/** See {@link nowhere}. @publicApi */ export function withDeadLink(): void {}',
    says: /Failed to resolve link to "nowhere" in comment for .*withDeadLink/,
  },
  {
    code: 'interface Hidden { a: 1 }\n/** Names a type that nobody can import. @publicApi */ export type Shown = Hidden[];',
    says: /Hidden\b.* is referenced by .*Shown\b.* but not included in the documentation/,
  },
];

let clone: string;

beforeAll(async () => {
  installPackagesOf('site', 'the site generator');
  clone = await mkdtemp(join(tmpdir(), 'api-reference-'));
  await run('git', ['clone', '--quiet', ROOT, clone]);
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  await symlink(join(ROOT, 'site/node_modules'), join(clone, 'site/node_modules'));
  // Older than what is installed, or the command would install it again, through the link.
  await utimes(join(clone, 'site/package-lock.json'), 0, 0);
});
afterAll(() => rm(clone, { recursive: true, force: true }));

it('docs:api refuses public exports without a docstring, without their mark, and with a link or a type that leads nowhere', async () => {
  const code = FAULTS.map((fault) => fault.code).join('\n');
  await appendFile(join(clone, 'libs/distributed-cache/src/index.ts'), `\n${code}\n`);
  const { code: status, stderr } = await run('npm', ['run', '--silent', 'docs:api'], { cwd: clone }).then(
    () => ({ code: 0, stderr: '' }),
    (error: { code: number; stderr: string }) => error,
  );
  expect(status).toBe(1);
  for (const { says } of FAULTS) expect(stderr).toMatch(says);
  expect(stderr).toMatch(/The API reference is incomplete/);
});
