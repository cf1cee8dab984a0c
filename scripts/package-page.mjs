// `npm run docs:package`: writes the sizes that `npm run size -- --record` has measured into docs/package.md, between its marks.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { writePackagePage } from './size/page.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:package --',
  about: 'Writes the table of docs/package.md from docs/evidence.',
  options: { check: flag('writes nothing, and fails when the page differs from the evidence') },
});

await writePackagePage({ check, command: 'npm run docs:package' });
