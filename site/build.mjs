// `npm run docs:site`: builds the documentation as a static site, from the pages of the repository and the docstrings of the library.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flag, readCommandLine, wholeNumber } from '../tools/command-line.mjs';
import { contentsOf } from '../tools/contents.mjs';
import { installPackagesOf } from '../tools/install-packages.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { inRepository, ROOT } from '../tools/repository.mjs';

const SITE = inRepository('site');
const PAGES = join(SITE, 'pages');
const BUILT = join(SITE, 'dist');

const { api, serve, port } = readCommandLine({
  command: 'npm run docs:site --',
  about:
    'Builds the documentation as a static site in site/dist, and fails when a link leads nowhere or something public has no docstring. The environment variable SITE_BASE names the path of the site on its server; the default is /.',
  options: {
    api: flag('checks and writes the API reference only: npm run docs:api'),
    serve: flag('serves the built site on this machine, until Ctrl-C'),
    port: wholeNumber('of --serve', { from: 1, to: 65_535, default: 4173 }),
  },
});

try {
  installPackagesOf('site', 'the site generator');
  const { groups, problems } = contentsOf(ROOT);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  rmSync(PAGES, { recursive: true, force: true });
  const { putApiReference } = await import('./api.mjs');
  const reference = await putApiReference(PAGES);
  if (api) say('every public export has a docstring, and every link of a docstring leads somewhere.');
  else await site(groups, reference);
} catch (error) {
  console.error(`site: ${messageOf(error)}`);
  process.exit(1);
}

/**
 * @param {readonly import('../tools/contents.mjs').Group[]} groups
 * @param {readonly import('./sidebar.js').SidebarItem[]} reference
 */
async function site(groups, reference) {
  const { putPages, sidebarOf } = await import('./pages.mjs');
  putPages(groups, PAGES);
  const sidebar = [...sidebarOf(groups), { text: 'API', collapsed: true, items: reference }];
  writeFileSync(join(PAGES, 'sidebar.json'), JSON.stringify(sidebar));

  const { build, serve: serveSite } = await import('vitepress');
  rmSync(BUILT, { recursive: true, force: true });
  await build(SITE);
  const { problemsOfSite } = await import('./check.mjs');
  const { pages, links, problems } = problemsOfSite(BUILT, process.env['SITE_BASE'] ?? '/');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  say(`${pages} pages in site/dist; all ${links} links lead somewhere.`);
  if (serve) await serveSite({ root: SITE, port });
}

/** @param {string} line */
function say(line) {
  console.log(`site: ${line}`);
}
