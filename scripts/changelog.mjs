// `npm run changelog`: writes CHANGELOG.md from the commits. Commits from before Conventional Commits were adopted are not in it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { exit } from 'node:process';
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { ADOPTED_AT } from '../tools/commits.mjs';
import { ROOT } from '../tools/repository.mjs';
import { CHANGELOG, changelogPage } from './changelog/page.mjs';

const { check } = readCommandLine({
  command: 'npm run changelog --',
  about: 'Writes CHANGELOG.md from the commits since Conventional Commits were adopted.',
  options: { check: flag('writes nothing, and fails when the page differs from the commits') },
});

const page = await changelogPage();
if (check) {
  if (page === readFileSync(CHANGELOG, 'utf8')) exit(0);
  console.error('CHANGELOG.md does not show what the commits say. Run `npm run changelog` and commit the page.');
  exit(1);
}
writeFileSync(CHANGELOG, page);
console.log(
  `Wrote CHANGELOG.md from the commits since ${execFileSync('git', ['rev-parse', '--short', ADOPTED_AT], { cwd: ROOT }).toString().trim()}.`,
);
