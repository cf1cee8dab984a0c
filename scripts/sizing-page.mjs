// `npm run docs:sizing`: writes what `npm run sizing` has measured, and the example, into docs/sizing.md, between its marks.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { writeSizingPage } from './sizing/page.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:sizing --',
  about: 'Writes the tables of docs/sizing.md from docs/evidence.',
  options: { check: flag('writes nothing, and fails when the page differs from the evidence') },
});

await writeSizingPage({ check, command: 'npm run docs:sizing' });
