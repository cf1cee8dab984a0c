import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { titleOf } from './markdown-links.mjs';

/** Where the groups of pages stand, from the root of the repository. */
export const CONTENTS = 'docs/contents.json';
/** Pages outside of `docs/` that belong to the documentation as well. */
const ELSEWHERE = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'findings/README.md',
  'test/support/README.md',
];

/** @typedef {{ path: string, title: string }} Page */
/** @typedef {{ name: string, pages: readonly Page[] }} Group */

/**
 * The pages of the documentation, in groups and in order.
 *
 * @param {string} root the folder of the repository
 * @returns {{ groups: readonly Group[], problems: readonly string[] }} `problems`: sentences that say which page has no place, or two
 */
export function contentsOf(root) {
  /** @type {readonly { group: string, pages: readonly string[] }[]} */
  const listed = JSON.parse(readFileSync(join(root, CONTENTS), 'utf8'));
  const pages = pagesOf(root);
  /** @type {string[]} */
  const problems = [];
  const placed = new Set();
  const groups = listed.map(({ group, pages: entries }) => ({
    name: group,
    pages: entries.flatMap((entry) => {
      const meant = pages.filter((page) => page === entry || (entry.endsWith('/') && page.startsWith(entry)));
      if (meant.length === 0)
        problems.push(`${CONTENTS}: the group '${group}' lists ${entry}, and there is no such page.`);
      for (const page of meant) {
        if (placed.has(page)) problems.push(`${CONTENTS}: ${page} is listed twice.`);
        placed.add(page);
      }
      return meant.map((path) => ({ path, title: titleIn(root, path, problems) }));
    }),
  }));
  const names = listed.map(({ group }) => `'${group}'`).join(', ');
  for (const page of pages.filter((each) => !placed.has(each)))
    problems.push(`${page} is in no group of ${CONTENTS}, so nobody would find it. Add it to one of ${names}.`);
  return { groups, problems };
}

/** @param {string} root */
function pagesOf(root) {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.md'));
  return [...ELSEWHERE.filter((page) => existsSync(join(root, page))), ...docs.toSorted()];
}

/**
 * @param {string} root
 * @param {string} path
 * @param {string[]} problems
 */
function titleIn(root, path, problems) {
  const title = titleOf(readFileSync(join(root, path), 'utf8'));
  if (title === undefined) problems.push(`${path} has no title: its first line is to be a heading, # Title.`);
  return title ?? path;
}
