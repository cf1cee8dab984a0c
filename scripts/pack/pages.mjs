import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { withLinks } from '../../tools/markdown-links.mjs';

/** The page that npm shows. It resolves relative links within the package's folder of the repository, where the pages are not. */
const SHOWN_BY_NPM = 'README.md';

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
  return [SHOWN_BY_NPM, 'CHANGELOG.md', ...docs.toSorted()];
}

/**
 * A page as the package holds it: what it links to is either in the package as well, or on the web. All links of the page that npm shows
 * lead to the web.
 *
 * @param {string} text
 * @param {string} page where the page is, from the root of the repository
 * @param {readonly string[]} shipped as {@link shippedPages} gives them
 * @param {string} homepage of the repository
 */
export function withShippedLinks(text, page, shipped, homepage) {
  const repository = homepage.replace(/#.*$/, '');
  return withLinks(text, (link) => {
    const [target = '', anchor] = link.split('#', 2);
    if (target === '' || /^[a-z][a-z+.-]*:/i.test(target)) return link;
    const path = posix.normalize(posix.join(posix.dirname(page), target));
    if (page !== SHOWN_BY_NPM && shipped.includes(path)) return link;
    // A page about a picture is no picture.
    const view = /\.(svg|png|jpe?g|webp|gif)$/.test(path) ? 'raw' : 'blob';
    return `${repository}/${view}/main/${path}${anchor === undefined ? '' : `#${anchor}`}`;
  });
}
