// Run by `npm pack` and `npm publish` in the library: puts its pages beside it, so that the links of an installed package lead somewhere.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { inRepository } from '../tools/repository.mjs';
import { shippedPages, withShippedLinks } from './pack/pages.mjs';

const LIBRARY = 'libs/distributed-cache';
/** @type {{ homepage: string }} */
const { homepage } = JSON.parse(readFileSync(inRepository(`${LIBRARY}/package.json`), 'utf8'));

const pages = shippedPages(inRepository('.'));
rmSync(inRepository(`${LIBRARY}/docs`), { recursive: true, force: true });
for (const page of pages) {
  const to = inRepository(join(LIBRARY, page));
  mkdirSync(dirname(to), { recursive: true });
  if (posix.extname(page) === '.md')
    writeFileSync(to, withShippedLinks(readFileSync(inRepository(page), 'utf8'), page, pages, homepage));
  else cpSync(inRepository(page), to);
}
