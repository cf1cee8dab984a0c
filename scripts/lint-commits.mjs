// `npm run lint:commits`: checks the messages of the commits since Conventional Commits were adopted.
import { spawnSync } from 'node:child_process';
import { exit } from 'node:process';
import { readCommandLine } from '../tools/command-line.mjs';
import { ADOPTED_AT } from '../tools/commits.mjs';
import { ROOT } from '../tools/repository.mjs';

readCommandLine({
  command: 'npm run lint:commits --',
  about: 'Checks the messages of the commits since Conventional Commits were adopted.',
  options: {},
});

const isKnown = spawnSync('git', ['merge-base', '--is-ancestor', ADOPTED_AT, 'HEAD'], { cwd: ROOT }).status === 0;
if (!isKnown) {
  console.error(
    `The commit ${ADOPTED_AT} is not in this history; messages are checked from there on. Fetch the whole history: git fetch --unshallow.`,
  );
  exit(1);
}
const { status } = spawnSync('npx', ['--no-install', 'commitlint', '--from', ADOPTED_AT, '--to', 'HEAD'], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (status === 0) console.log('All commit messages follow Conventional Commits.');
exit(status ?? 1);
