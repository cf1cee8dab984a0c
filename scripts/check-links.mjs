// `npm run docs:links`: checks that every link of the Markdown files leads somewhere, and that every page has its place in the sidebar.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { readCommandLine } from '../tools/command-line.mjs';
import { CONTENTS, contentsOf } from '../tools/contents.mjs';
import { anchorsIn, linksIn } from '../tools/markdown-links.mjs';
import { inRepository, ROOT } from '../tools/repository.mjs';

readCommandLine({
  command: 'npm run docs:links --',
  about: `Checks that every link of the Markdown files leads to a file and an anchor that exist, and that every page is in a group of ${CONTENTS}. Links to the web are checked for their form only: nothing is fetched.`,
  options: {},
});

/** What names pages to users: error messages, docstrings, alerts and dashboards. */
const SOURCES = ['libs/*/src/*.ts', 'libs/*/prometheus/*', 'libs/*/grafana/*'];

const files = filesOf('*.md');
/** @type {Map<string, ReadonlySet<string>>} */
const anchors = new Map();
let count = 0;
const dead = files.flatMap((file) =>
  linksIn(readFileSync(inRepository(file), 'utf8')).flatMap(({ line, target }) => {
    count += 1;
    const problem = isOnTheWeb(target) ? problemOfUrl(target) : problemOfPath(file, target);
    return problem === undefined ? [] : [`${file}:${line}: the link to ${target} ${problem}.`];
  }),
);
const problems = [...dead, ...namedBySource(), ...contentsOf(ROOT).problems];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`All ${count} links of ${files.length} pages lead somewhere, and every page is in a group of ${CONTENTS}.`);

/**
 * The files of the repository, those that are not committed yet included.
 *
 * @param {readonly string[]} patterns
 */
function filesOf(...patterns) {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns];
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && existsSync(inRepository(file)));
}

/** The pages that {@link SOURCES} name and that do not exist, or lack the heading. */
function namedBySource() {
  return filesOf(...SOURCES).flatMap((file) => {
    const text = readFileSync(inRepository(file), 'utf8');
    return Array.from(text.matchAll(/\b(?:docs|findings)\/[\w/-]+\.md(?:#[\w-]+)?/g)).flatMap(({ 0: named, index }) => {
      const problem = problemOfPath('README.md', named);
      return problem === undefined ? [] : [`${file}:${text.slice(0, index).split('\n').length}: ${named} ${problem}.`];
    });
  });
}

/** @param {string} target */
function isOnTheWeb(target) {
  return /^[a-z][a-z+.-]*:/i.test(target);
}

/** @param {string} target */
function problemOfUrl(target) {
  if (!URL.canParse(target)) return 'is not a URL';
  const url = new URL(target);
  if (url.protocol === 'mailto:') return undefined;
  const isHere = ['localhost', '127.0.0.1'].includes(url.hostname);
  if (url.protocol !== 'https:' && !isHere) return 'is not one of https';
  if (!isHere && !url.hostname.includes('.')) return `leads to '${url.hostname}', which is no host of the web`;
  return undefined;
}

/**
 * @param {string} file the page with the link
 * @param {string} target
 */
function problemOfPath(file, target) {
  const [path = '', anchor] = target.split('#', 2);
  const meant = path === '' ? file : posix.normalize(posix.join(posix.dirname(file), decodeURI(path)));
  if (path.startsWith('/') || meant.startsWith('..')) return 'leaves the repository: write it relative to the page';
  if (!existsSync(inRepository(meant))) return `leads nowhere: there is no ${meant}`;
  if (anchor === undefined) return undefined;
  if (!meant.endsWith('.md'))
    return statSync(inRepository(meant)).isDirectory() ? 'has an anchor, and leads to a folder' : undefined;
  const known = anchors.get(meant) ?? anchorsIn(readFileSync(inRepository(meant), 'utf8'));
  anchors.set(meant, known);
  return known.has(anchor) ? undefined : `leads to no heading of ${meant}: there is no #${anchor} in it`;
}
