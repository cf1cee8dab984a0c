import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../../tools/repository.mjs';

const run = promisify(execFile);
const AUTHOR = {
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@b.example',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@b.example',
};

let clone: string;
/** The version that the package names, and the one that a correction asks for. */
let current: string;
let next: string;

/** What a command prints, on both outputs, also when it fails. */
async function said(...args: readonly string[]): Promise<string> {
  const [program = '', ...rest] = args;
  const options = { cwd: clone, env: { ...process.env, ...AUTHOR }, maxBuffer: 2 ** 26 };
  const { stdout, stderr } = await run(program, rest, options).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return stdout + stderr;
}

const release = (...args: readonly string[]): Promise<string> => said('node', 'scripts/release.mjs', ...args);
const read = (path: string): Promise<string> => readFile(join(clone, path), 'utf8');

/** Notes that `.ci/run` has passed for the newest commit, as it does. */
async function letCiPass(): Promise<void> {
  await mkdir(join(clone, '.cache'), { recursive: true });
  await writeFile(join(clone, '.cache/ci-passed'), await said('git', 'rev-parse', 'HEAD'));
}

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'release-'));
  await run('git', ['clone', '--quiet', ROOT, clone]);
  await said('git', 'checkout', '--quiet', '-B', 'main');
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  await writeFile(join(clone, '.git/info/exclude'), 'node_modules\n');
  for (const tag of (await said('git', 'tag')).split('\n').filter(Boolean)) await said('git', 'tag', '--delete', tag);
  ({ version: current } = JSON.parse(await read('libs/distributed-cache/package.json')));
  next = current.replace(/\d+$/, (patch) => `${Number(patch) + 1}`);
});
afterAll(() => rm(clone, { recursive: true, force: true }));

it('a release is refused while something is not committed, on another branch than main, and until CI has passed for the commit', async () => {
  expect(await release('--write')).toMatch(/CI has not passed for this commit/);
  await letCiPass();
  await writeFile(join(clone, 'more.txt'), 'more\n');
  expect(await release('--write')).toMatch(/not committed/);
  await rm(join(clone, 'more.txt'));
  await said('git', 'checkout', '--quiet', '-b', 'other');
  expect(await release('--write')).toMatch(/Releases are made of main, and this is other/);
  await said('git', 'checkout', '--quiet', 'main');
  expect(await said('git', 'tag')).toBe('');
});

it('a release writes the version wherever it stands and the changelog, commits and tags them, and writes nothing without --write', async () => {
  await said('git', 'tag', `v${current}`);
  await said('git', 'commit', '--quiet', '--allow-empty', '--message', 'fix(cache): mend something for the test');
  await letCiPass();

  expect(await release()).toContain(`${current} → ${next}, by 1 commits since v${current}`);
  expect(await said('git', 'status', '--porcelain')).toBe('');

  expect(await release('--write')).toContain(`committed and tagged v${next}`);
  const newest = await said('git', 'log', '-1', '--format=%s (%D)');
  expect([newest.startsWith(`chore(release): ${next} (`), newest.includes(`tag: v${next}`)]).toEqual([true, true]);
  expect(JSON.parse(await read('libs/distributed-cache/package.json'))).toMatchObject({ version: next });
  expect(JSON.parse(await read('apps/sample/package.json'))).toMatchObject({
    dependencies: { 'nestjs-distributed-cache': next },
  });
  expect(await read('README.md')).toContain(`nestjs-distributed-cache-${next}.tgz`);
  expect(await release('--notes')).toMatch(/mend something for the test/);
  expect(await said('node', 'scripts/changelog.mjs', '--check')).toBe('');
  expect(await release()).toMatch(/nothing to release/);
});
