// `npm run docs:reliability`: writes the results of the runs in docs/evidence into docs/reliability.md, between its marks.
import { readFile } from 'node:fs/promises';
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { apply, docsFile, markedPage } from '../tools/marked-page.mjs';
import {
  faultTables,
  historyTables,
  hostileTable,
  measuredTable,
  soakTables,
  summaryTable,
  teethTable,
} from './reliability/tables.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:reliability --',
  about: 'Writes the tables of docs/reliability.md from docs/evidence.',
  options: { check: flag('writes nothing, and fails when the page differs from the evidence') },
});

const [faults, coherence, soak, fuzz] = await Promise.all(['faults', 'coherence', 'soak', 'fuzz'].map(read));
const page = await markedPage({
  name: 'reliability.md',
  parts: [
    ['summary', summaryTable({ faults, coherence, soak, fuzz })],
    ['faults', faultTables(faults)],
    ['measured', measuredTable(faults)],
    ['histories', historyTables(coherence)],
    ['teeth', teethTable(coherence)],
    ['hostile', hostileTable(fuzz)],
    ['soak', soakTables(soak)],
  ],
});
await apply('docs/reliability.md', [page], { check, command: 'npm run docs:reliability' });

/** @param {string} name */
async function read(name) {
  return JSON.parse(await readFile(docsFile(`evidence/${name}.json`), 'utf8'));
}
