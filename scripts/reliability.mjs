// `npm run docs:reliability [-- --check]`: writes what the runs in docs/evidence have found into docs/reliability.md, between its marks.
// With --check it writes nothing, and fails when the page says something else.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { apply, docsFile, markedPage } from './marked-page.mjs';
import {
  faultTable,
  historyTable,
  hostileTable,
  measuredTable,
  soakTables,
  summaryTable,
  teethTable,
} from './reliability/tables.mjs';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const [faults, coherence, soak, fuzz] = await Promise.all(['faults', 'coherence', 'soak', 'fuzz'].map(read));
const page = await markedPage({
  name: 'reliability.md',
  parts: [
    ['summary', summaryTable({ faults, coherence, soak, fuzz })],
    ['faults', faultTable(faults)],
    ['measured', measuredTable(faults)],
    ['histories', historyTable(coherence)],
    ['teeth', teethTable(coherence)],
    ['hostile', hostileTable(fuzz)],
    ['soak', soakTables(soak)],
  ],
});
await apply('docs/reliability.md', [page], { check: values.check, command: 'npm run docs:reliability' });

/** @param {string} name */
async function read(name) {
  return JSON.parse(await readFile(docsFile(`evidence/${name}.json`), 'utf8'));
}
