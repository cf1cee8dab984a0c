import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

/** What a browser loads by itself, or follows when it is clicked. */
const REFERENCE = /<(?<element>[a-z]+)\b[^>]*?\s(?:href|src)="(?<target>[^"]*)"/g;
/** What is loaded with the page: it has to come with the site, which is to work without the internet. */
const LOADED = ['script', 'img', 'link', 'source', 'iframe'];

/**
 * What is wrong with the built site: links and anchors that lead nowhere, and what would be loaded from elsewhere.
 *
 * @param {string} folder of the built site
 * @param {string} base the path of the site on its server
 * @returns {{ pages: number, links: number, problems: readonly string[] }}
 */
export function problemsOfSite(folder, base) {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.html') && name !== '404.html');
  const texts = new Map(pages.map((page) => [page, readFileSync(join(folder, page), 'utf8')]));
  const ids = new Map([...texts].map(([page, text]) => [page, idsIn(text)]));
  let links = 0;
  const problems = new Set();
  for (const [page, text] of texts) {
    for (const { groups } of text.matchAll(REFERENCE)) {
      links += 1;
      const problem = problemOf(page, groups?.['element'] ?? '', decoded(groups?.['target'] ?? ''));
      if (problem !== undefined) problems.add(`${page}: ${problem}.`);
    }
  }
  return { pages: pages.length, links, problems: [...problems] };

  /**
   * @param {string} page
   * @param {string} element
   * @param {string} target
   */
  function problemOf(page, element, target) {
    if (/^[a-z][a-z+.-]*:|^\/\//i.test(target))
      return LOADED.includes(element) && !target.startsWith('data:')
        ? `<${element}> loads ${target}, and the site is to work without the internet`
        : undefined;
    const [path = '', anchor] = target.split('#', 2);
    const meant = path === '' ? page : fileOf(page, path);
    if (meant === undefined) return `the link to ${target} leads nowhere`;
    if (!anchor || !meant.endsWith('.html')) return undefined;
    return ids.get(meant)?.has(anchor) ? undefined : `the link to ${target} leads to no heading`;
  }

  /**
   * The file of the site that a path leads to.
   *
   * @param {string} page
   * @param {string} path
   */
  function fileOf(page, path) {
    if (path.startsWith('/') && !path.startsWith(base)) return undefined;
    const plain = path.startsWith('/')
      ? path.slice(base.length)
      : posix.normalize(posix.join(posix.dirname(page), path));
    const candidates = plain === '' || plain.endsWith('/') ? [`${plain}index.html`] : [plain, `${plain}.html`];
    return candidates.find((file) => existsSync(join(folder, file)) && statSync(join(folder, file)).isFile());
  }
}

/** @param {string} html */
function idsIn(html) {
  return new Set(Array.from(html.matchAll(/\sid="([^"]+)"/g), ([, id = '']) => decoded(id)));
}

/** @param {string} text of an attribute */
function decoded(text) {
  return decodeURI(text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'"));
}
