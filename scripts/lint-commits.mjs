/** Checks the messages of the commits since Conventional Commits were adopted: `npm run lint:commits`. */
import { spawnSync } from 'node:child_process';
import { exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { ADOPTED_AT } from './commits.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const isKnown = spawnSync('git', ['merge-base', '--is-ancestor', ADOPTED_AT, 'HEAD'], { cwd: ROOT }).status === 0;
if (!isKnown) {
  console.error(
    `The commit ${ADOPTED_AT}, from which on messages are checked, is not in this history. Fetch all of it: git fetch --unshallow.`,
  );
  exit(1);
}
const { status } = spawnSync('npx', ['--no-install', 'commitlint', '--from', ADOPTED_AT, '--to', 'HEAD'], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (status === 0) console.log('All commit messages follow Conventional Commits.');
exit(status ?? 1);
