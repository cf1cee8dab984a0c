// `npm run docs:comparison`: writes what `npm run compare` has seen into docs/comparison.md, between its marks.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { writeComparisonPage } from './compare/page.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:comparison --',
  about: 'Writes the table of faults of docs/comparison.md from docs/evidence.',
  options: { check: flag('writes nothing, and fails when the page differs from the evidence') },
});

await writeComparisonPage({ check, command: 'npm run docs:comparison' });
