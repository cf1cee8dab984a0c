// `npm run docs:loading`: writes the results of `npm run loading` into docs/loading.md, between its marks.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { writeLoadingPage } from './loading/page.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:loading --',
  about: 'Writes the tables of docs/loading.md from docs/evidence.',
  options: { check: flag('writes nothing, and fails when the page differs from the evidence') },
});

await writeLoadingPage({ check, command: 'npm run docs:loading' });
