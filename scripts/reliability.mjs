// `npm run docs:reliability`: writes the results of the runs in docs/evidence into docs/reliability.md, between its marks, and writes
// docs/compatibility.md.
import { readFile } from 'node:fs/promises';
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { apply, docsFile, evidence, markedPage } from '../tools/marked-page.mjs';
import { compatibilityPage } from './matrix/page.mjs';
import {
  faultTables,
  historyTables,
  hostileTable,
  measuredTable,
  serversTable,
  soakTables,
  summaryTable,
  teethTable,
} from './reliability/tables.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:reliability --',
  about: 'Writes the tables of docs/reliability.md, and docs/compatibility.md, from docs/evidence.',
  options: { check: flag('writes nothing, and fails when the page differs from the evidence') },
});

const [faults, coherence, soak, fuzz, servers] = await Promise.all(
  ['faults', 'coherence', 'soak', 'fuzz', 'servers'].map(evidence),
);
const page = await markedPage({
  name: 'reliability.md',
  parts: [
    ['summary', summaryTable({ faults, coherence, soak, fuzz, servers })],
    ['faults', faultTables(faults)],
    ['measured', measuredTable(faults)],
    ['servers', serversTable(servers)],
    ['histories', historyTables(coherence)],
    ['teeth', teethTable(coherence)],
    ['hostile', hostileTable(fuzz)],
    ['soak', soakTables(soak)],
  ],
});
const compatibility = {
  path: docsFile('compatibility.md'),
  before: await readFile(docsFile('compatibility.md'), 'utf8'),
  after: await compatibilityPage(),
};
const how = { check, command: 'npm run docs:reliability' };
await apply('docs/reliability.md', [page], how);
await apply('docs/compatibility.md', [compatibility], how);
