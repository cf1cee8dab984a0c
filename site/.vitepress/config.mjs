import { readFileSync } from 'node:fs';
import { slugOf } from '../../tools/markdown-links.mjs';
import { inRepository } from '../../tools/repository.mjs';
import { REPOSITORY } from '../places.mjs';

/** @type {{ description: string, version: string }} */
const { description, version } = JSON.parse(readFileSync(inRepository('libs/distributed-cache/package.json'), 'utf8'));

export default {
  title: 'nestjs-distributed-cache',
  description,
  lang: 'en',
  srcDir: 'pages',
  outDir: 'dist',
  // The folder of the web server in which the site is put, such as /nestjs-distributed-cache/.
  base: process.env['SITE_BASE'] ?? '/',
  // The pages link to each other as they do on GitHub, so the anchors have to be GitHub's.
  markdown: { anchor: { slugify: slugOf } },
  // They show addresses of the sample, which runs on the reader's machine.
  ignoreDeadLinks: 'localhostLinks',
  themeConfig: {
    search: { provider: 'local' },
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
