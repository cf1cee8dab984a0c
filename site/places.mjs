import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { inRepository } from '../tools/repository.mjs';

/** @type {{ homepage: string }} */
const { homepage } = JSON.parse(readFileSync(inRepository('libs/distributed-cache/package.json'), 'utf8'));

/** The address of the repository. */
export const REPOSITORY = homepage.replace(/#.*$/, '');

/** Where the pages go that are not in `docs/`. */
const ELSEWHERE = {
  'README.md': 'index.md',
  'findings/README.md': 'project/findings.md',
  'test/support/README.md': 'project/fixtures.md',
};

/**
 * Where a page of the repository is in the site.
 *
 * @param {string} path from the root of the repository
 */
export function placeOf(path) {
  if (path.startsWith('docs/')) return path.slice('docs/'.length);
  return Object.entries(ELSEWHERE).find(([page]) => page === path)?.[1] ?? `project/${path.toLowerCase()}`;
}

/**
 * What a link of a page becomes in the site.
 *
 * @param {string} page from the root of the repository
 * @param {string} target as the page has it
 * @param {ReadonlySet<string>} pages all that are in the site
 * @returns {{ target: string, picture?: string }} `picture`: the file that the site needs for it, from the root of the repository
 */
export function linkIn(page, target, pages) {
  if (/^([a-z][a-z+.-]*:|#)/i.test(target)) return { target };
  const [path = '', anchor] = target.split('#', 2);
  const meant = posix.normalize(posix.join(posix.dirname(page), path));
  const end = anchor === undefined ? '' : `#${anchor}`;
  if (pages.has(meant)) return { target: `/${placeOf(meant)}${end}` };
  if (/\.(svg|png|jpe?g|webp|gif)$/.test(meant)) return { target: `/pictures/${meant}`, picture: meant };
  return { target: `${REPOSITORY}/blob/main/${meant}${end}` };
}
