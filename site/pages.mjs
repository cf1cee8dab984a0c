import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLinks } from '../tools/markdown-links.mjs';
import { inRepository } from '../tools/repository.mjs';
import { linkIn, placeOf } from './places.mjs';

/** @typedef {import('../tools/contents.mjs').Group} Group */
/** @typedef {import('./sidebar.js').SidebarItem} SidebarItem */

/** A group of so many pages is folded until it is asked for. */
const FOLDED_FROM = 10;
/** The icon of the site, which is that of the page of `npm start`. */
const ICON = 'scripts/start/demonstration/page/icon.svg';
/** A picture of which the reader's system chooses the colours. The site has a switch of its own. */
const PICTURE =
  /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="(?<dark>[^"]*)">\s*<img src="(?<light>[^"]*)"(?<rest>[^>]*)>\s*<\/picture>/g;

/**
 * Puts the pages where the generator reads them, with the pictures that they show, and their links as the site has them.
 *
 * @param {readonly Group[]} groups
 * @param {string} folder of the generator
 */
export function putPages(groups, folder) {
  const pages = groups.flatMap((group) => group.pages.map(({ path }) => path));
  const all = new Set(pages);
  for (const path of pages) {
    const text = withLinks(readFileSync(inRepository(path), 'utf8'), (link) => {
      const { target, picture } = linkIn(path, link, all);
      if (picture !== undefined) cpSync(inRepository(picture), join(folder, 'public', target));
      return target;
    });
    put(join(folder, placeOf(path)), text.replaceAll(PICTURE, bothPictures));
  }
  cpSync(inRepository(ICON), join(folder, 'public/icon.svg'));
}

/**
 * The sidebar of the pages.
 *
 * @param {readonly Group[]} groups
 * @returns {readonly SidebarItem[]}
 */
export function sidebarOf(groups) {
  return groups.map(({ name, pages }) => ({
    text: name,
    collapsed: pages.length >= FOLDED_FROM,
    items: pages.map(({ path, title }) => ({ text: title, link: `/${placeOf(path).replace(/(index)?\.md$/, '')}` })),
  }));
}

/**
 * Two pictures, of which the theme shows the one of its colours; only that one is loaded.
 *
 * @param {string} _picture
 * @param {string} dark
 * @param {string} light
 * @param {string} rest
 */
function bothPictures(_picture, dark, light, rest) {
  return `<img class="when-light" loading="lazy" src="${light}"${rest}>\n<img class="when-dark" loading="lazy" src="${dark}"${rest}>`;
}

/**
 * @param {string} file
 * @param {string} text
 */
function put(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
