/**
 * Writes CHANGELOG.md from the commits: `npm run changelog`; with `--check` it only says whether the page is up to date.
 *
 * Commits from before Conventional Commits were adopted are not in it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { ConventionalChangelog } from 'conventional-changelog';
import { format, resolveConfig } from 'prettier';
import { ADOPTED_AT } from './commits.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = `${ROOT}CHANGELOG.md`;

const HEAD = `# Changelog

Written from the commits by \`npm run changelog\`: what was added, mended, made faster, and what breaks code that uses the library.

`;

/** The types of commits that a user of the library wants to read about. */
const TYPES = [
  { type: 'feat', section: 'Added' },
  { type: 'fix', section: 'Mended' },
  { type: 'perf', section: 'Faster' },
  ...['refactor', 'docs', 'test', 'build', 'ci', 'style', 'chore', 'revert'].map((type) => ({ type, hidden: true })),
];

const generator = new ConventionalChangelog(ROOT)
  .loadPreset({ name: 'conventionalcommits', types: TYPES })
  .commits({ from: ADOPTED_AT })
  .context({ version: 'Unreleased', linkReferences: false })
  .options({ outputUnreleased: true });
let body = '';
for await (const part of generator.write()) body += part;
// A commit that is made anew (a rebase, a squash) is another hash and the same change.
const text = (HEAD + body.replaceAll(/ \(?[0-9a-f]{7,40}\)?$/gm, '')).replace(/^(## \S+).*$/m, '$1');
const page = await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });

if (argv.includes('--check')) {
  if (page === readFileSync(PAGE, 'utf8')) exit(0);
  console.error('CHANGELOG.md does not say what the commits say. Run `npm run changelog` and commit the page.');
  exit(1);
}
writeFileSync(PAGE, page);
console.log(
  `Wrote CHANGELOG.md from the commits since ${execFileSync('git', ['rev-parse', '--short', ADOPTED_AT], { cwd: ROOT }).toString().trim()}.`,
);
