import { readFileSync } from 'node:fs';
import { slugOf } from '../../tools/markdown-links.mjs';
import { inRepository } from '../../tools/repository.mjs';
import { REPOSITORY } from '../places.mjs';

/** @type {{ description: string, version: string }} */
const { description, version } = JSON.parse(readFileSync(inRepository('libs/distributed-cache/package.json'), 'utf8'));

// The folder of the web server in which the site is put, such as /nestjs-distributed-cache/.
const base = process.env['SITE_BASE'] ?? '/';

export default {
  title: 'nestjs-distributed-cache',
  description,
  lang: 'en',
  srcDir: 'pages',
  outDir: 'dist',
  base,
  head: [['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }]],
  // The pages link to each other as they do on GitHub, so the anchors have to be GitHub's.
  markdown: { anchor: { slugify: slugOf } },
  // They show addresses of the sample, which runs on the reader's machine.
  ignoreDeadLinks: 'localhostLinks',
  themeConfig: {
    search: {
      provider: 'local',
      // Guides first: nearly every option is a property of several types of the API, too.
      options: { miniSearch: { searchOptions: { boostDocument: guidesFirst } } },
    },
    outline: [2, 3],
    sidebar: JSON.parse(readFileSync(new URL('../pages/sidebar.json', import.meta.url), 'utf8')),
    nav: [
      { text: 'Options', link: '/options' },
      { text: 'API', link: '/api/' },
      { text: version, link: '/project/changelog' },
    ],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
  },
};

/**
 * Runs in the browser, alone: it is copied there as text.
 *
 * @param {string} page
 */
function guidesFirst(page) {
  return page.includes('/api/') ? 0.2 : 1;
}
