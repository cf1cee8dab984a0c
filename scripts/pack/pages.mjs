import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';

/**
 * The pages that the package holds, and their pictures, from the root of the repository.
 *
 * @param {string} root
 * @returns {readonly string[]}
 */
export function shippedPages(root) {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .filter((name) => /\.(md|svg)$/.test(name));
  return ['README.md', 'CHANGELOG.md', ...docs.toSorted()];
}

/**
 * A page as the package holds it: what it links to is either in the package as well, or on the web.
 *
 * @param {string} text
 * @param {string} page where the page is, from the root of the repository
 * @param {readonly string[]} shipped as {@link shippedPages} gives them
 * @param {string} homepage of the repository
 */
export function withShippedLinks(text, page, shipped, homepage) {
  const repository = homepage.replace(/#.*$/, '');
  return text.replaceAll(/\]\(([^)#:\s]+)(#[^)]*)?\)/g, (link, /** @type {string} */ target, anchor = '') => {
    const path = posix.normalize(posix.join(posix.dirname(page), target));
    return shipped.includes(path) ? link : `](${repository}/blob/main/${path}${anchor})`;
  });
}
