// `npm run release`: says which version the commits ask for and, with --write, makes the commit and the tag of it. It publishes nothing:
// the tag does, in .github/workflows/release.yml.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { exit } from 'node:process';
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { inRepository, ROOT } from '../tools/repository.mjs';
import { CHANGELOG, changelogPage } from './changelog/page.mjs';
import { currentVersion, git, obstacles, plannedRelease } from './release/repository.mjs';

/** The packages that have the version of the library, and those that ask for it. */
const MANIFESTS = [
  'package.json',
  'libs/distributed-cache/package.json',
  'apps/sample/package.json',
  'package-lock.json',
];
/** Pages that name the tarball. */
const PAGES = ['README.md'];

const { write, notes } = readCommandLine({
  command: 'npm run release --',
  about:
    'Says which version the commits since the last release ask for. It refuses while something is not committed, or CI has not passed for the commit.',
  options: {
    write: flag('writes the version and the changelog, commits and tags them; pushes and publishes nothing'),
    notes: flag('prints the part of CHANGELOG.md about the version of the package, and does nothing else'),
  },
});

try {
  if (notes) console.log(notesOf(currentVersion()));
  else await release();
} catch (error) {
  console.error(`release: ${messageOf(error)}`);
  exit(1);
}

async function release() {
  const plan = plannedRelease();
  if (!plan) {
    say('nothing to release: since the last release, no commit is one that users notice (feat, fix, perf).');
    return;
  }
  const { version, since, changes } = plan;
  say(`${currentVersion()} → ${version}, by ${changes.length} commits since ${since}:`);
  for (const kind of /** @type {const} */ (['breaking', 'feature', 'correction']))
    for (const change of changes.filter((each) => each.kind === kind)) say(`  ${kind.padEnd(10)} ${change.header}`);
  const reasons = obstacles();
  for (const reason of reasons) console.error(`release: ${reason}`);
  if (reasons.length > 0) exit(1);
  if (write) await commitRelease(version);
  else say('nothing was written. To make the commit and the tag: npm run release -- --write');
}

/** @param {string} version */
async function commitRelease(version) {
  const before = currentVersion();
  const page = await changelogPage(version);
  for (const path of MANIFESTS) replaceIn(path, versionIn(before), `$1${version}"`);
  for (const path of PAGES) replaceIn(path, new RegExp(`(cache-)${escaped(before)}(?=\\.tgz)`, 'g'), `$1${version}`);
  writeFileSync(CHANGELOG, page);
  // The lock file names the packages of the workspace, too: a version that was missed fails here, and not at the next npm ci.
  execFileSync('npm', ['ls', '--package-lock-only', '--all', '--json'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  git('commit', '--all', '--message', `chore(release): ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `v${version}`);
  say(`committed and tagged v${version}. To publish it: git push --follow-tags`);
}

/**
 * The version of our packages, in their manifests and in the lock file: as their own, and as the one that the sample asks for.
 *
 * @param {string} version
 */
function versionIn(version) {
  const ofOurs = String.raw`"(?:name": "(?:nestjs-distributed-cache(?:-workspace)?|sample)",|apps/sample": \{)\s+"version": "`;
  return new RegExp(`(${ofOurs}|"nestjs-distributed-cache": ")${escaped(version)}"`, 'g');
}

/**
 * @param {string} path
 * @param {RegExp} pattern
 * @param {string} replacement
 */
function replaceIn(path, pattern, replacement) {
  const file = inRepository(path);
  const text = readFileSync(file, 'utf8');
  if (!pattern.test(text))
    throw new Error(`${path} does not hold the version ${currentVersion()} where it is expected.`);
  writeFileSync(file, text.replaceAll(pattern, replacement));
}

/** @param {string} version */
function notesOf(version) {
  const [, part] = readFileSync(CHANGELOG, 'utf8').split(`\n## ${version}\n`);
  if (part === undefined) throw new Error(`CHANGELOG.md has no part about ${version}.`);
  return part.split('\n## ', 1)[0]?.trim();
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('.', String.raw`\.`);
}

/** @param {string} line */
function say(line) {
  console.log(`release: ${line}`);
}
