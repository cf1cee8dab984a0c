// `npm run changelog`: writes CHANGELOG.md from the commits. Commits from before Conventional Commits were adopted are not in it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { exit } from 'node:process';
import { ConventionalChangelog } from 'conventional-changelog';
import { format, resolveConfig } from 'prettier';
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { ADOPTED_AT } from '../tools/commits.mjs';
import { inRepository, ROOT } from '../tools/repository.mjs';

const PAGE = inRepository('CHANGELOG.md');

const { check } = readCommandLine({
  command: 'npm run changelog --',
  about: 'Writes CHANGELOG.md from the commits since Conventional Commits were adopted.',
  options: { check: flag('writes nothing, and fails when the page differs from the commits') },
});

const HEAD = `# Changelog

Written from the commits by \`npm run changelog\`: what was added, mended, made faster, and what breaks code that uses the library.

`;

/** The types of commits: only those that matter to a user of the library get a section. */
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
// Without the hashes: a commit that is rebased or squashed gets another hash and is the same change.
const text = (HEAD + body.replaceAll(/ \(?[0-9a-f]{7,40}\)?$/gm, '')).replace(/^(## \S+).*$/m, '$1');
const page = await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });

if (check) {
  if (page === readFileSync(PAGE, 'utf8')) exit(0);
  console.error('CHANGELOG.md does not show what the commits say. Run `npm run changelog` and commit the page.');
  exit(1);
}
writeFileSync(PAGE, page);
console.log(
  `Wrote CHANGELOG.md from the commits since ${execFileSync('git', ['rev-parse', '--short', ADOPTED_AT], { cwd: ROOT }).toString().trim()}.`,
);
