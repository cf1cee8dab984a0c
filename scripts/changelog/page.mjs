import { join } from 'node:path';
import { ConventionalChangelog } from 'conventional-changelog';
import { format, resolveConfig } from 'prettier';
import { ADOPTED_AT } from '../../tools/commits.mjs';
import { ROOT } from '../../tools/repository.mjs';

export const CHANGELOG = join(ROOT, 'CHANGELOG.md');

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

/**
 * What the commits say since Conventional Commits were adopted: one part for each tag of a release, and one for what comes after the last.
 *
 * @param {string} next what is written above the newest part: `Unreleased`, or the version that is to be released
 */
export async function changelogPage(next = 'Unreleased') {
  const generator = new ConventionalChangelog(ROOT)
    .loadPreset({ name: 'conventionalcommits', types: TYPES })
    .commits({ from: ADOPTED_AT })
    .context({ version: 'Unreleased', linkReferences: false, linkCompare: false })
    .options({ outputUnreleased: true });
  let body = '';
  for await (const part of generator.write()) body += part;
  // Without the hashes: a commit that is rebased or squashed gets another hash and is the same change.
  const text = (HEAD + body.replaceAll(/ \(?[0-9a-f]{7,40}\)?$/gm, ''))
    .replaceAll(/^#{1,3} \[?(Unreleased|\d+\.\d+\.\d+[\w.-]*)\]?.*$/gm, '## $1')
    // Right after a release, nothing is unreleased.
    .replace(/^## Unreleased\s+(?=## )/m, '')
    .replace(/^## Unreleased$/m, `## ${next}`);
  return format(text, { ...(await resolveConfig(CHANGELOG)), parser: 'markdown' });
}
