// `npm run docs:operations`: writes the results of `npm run outage` into docs/operations.md, between its marks.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { writeOperationsPage } from './outage/page.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:operations --',
  about: 'Writes the section on an outage of docs/operations.md from docs/evidence.',
  options: { check: flag('writes nothing, and fails when the page differs from the evidence') },
});

await writeOperationsPage({ check, command: 'npm run docs:operations' });
