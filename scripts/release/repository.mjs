import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ADOPTED_AT } from '../../tools/commits.mjs';
import { inRepository, ROOT } from '../../tools/repository.mjs';
import { changesIn, versionAfter } from '../../tools/versions.mjs';

/** Where `.ci/run` notes the commit for which everything has passed. */
const PASSED = '.cache/ci-passed';

/** @typedef {{ version: string, since: string, changes: readonly import('../../tools/versions.mjs').Change[] }} Plan */

/**
 * What would be released: the version that the package names if none was released yet, else the one that follows the last.
 *
 * @returns {Plan | undefined} `undefined` when users would notice nothing
 */
export function plannedRelease() {
  const released = git('tag', '--list', 'v[0-9]*', '--merged', 'HEAD', '--sort=-version:refname').split('\n')[0];
  const since = released === '' || released === undefined ? ADOPTED_AT : released;
  const messages = git('log', '--no-merges', '--format=%B%x00', `${since}..HEAD`).split('\0');
  const changes = changesIn(messages);
  const version = since === released ? versionAfter(released.slice(1), changes) : currentVersion();
  return version === undefined ? undefined : { version, since, changes };
}

/** The version that the package names. */
export function currentVersion() {
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(inRepository('libs/distributed-cache/package.json'), 'utf8'));
  return version;
}

/**
 * Why no release can be made of this clone as it is.
 *
 * @returns {readonly string[]} sentences
 */
export function obstacles() {
  const head = git('rev-parse', 'HEAD');
  const passed = existsSync(inRepository(PASSED)) ? readFileSync(inRepository(PASSED), 'utf8').trim() : 'none';
  const branch = git('rev-parse', '--abbrev-ref', 'HEAD');
  return [
    ...(git('status', '--porcelain') === ''
      ? []
      : ['There are changes that are not committed. Commit them, or put them aside with git stash.']),
    ...(branch === 'main' ? [] : [`Releases are made of main, and this is ${branch}.`]),
    ...(passed === head
      ? []
      : [
          `CI has not passed for this commit, ${head.slice(0, 8)}. Run .ci/run; the last commit for which it passed here is ${passed.slice(0, 8)}.`,
        ]),
  ];
}

/**
 * @param {readonly string[]} args
 * @returns {string} what git prints
 */
export function git(...args) {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1_024 * 1_024 }).trim();
}
