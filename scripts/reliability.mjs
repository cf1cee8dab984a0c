// `npm run docs:reliability [-- --check]`: writes what the runs in docs/evidence have found into docs/reliability.md, between its marks.
// With --check it writes nothing, and fails when the page says something else.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import {
  faultTable,
  historyTable,
  hostileTable,
  measuredTable,
  soakTables,
  summaryTable,
  teethTable,
} from './reliability/tables.mjs';

const page = fileURLToPath(new URL('../docs/reliability.md', import.meta.url));
const evidence = fileURLToPath(new URL('../docs/evidence', import.meta.url));
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const [faults, coherence, soak, fuzz] = await Promise.all(['faults', 'coherence', 'soak', 'fuzz'].map(read));
const before = await readFile(page, 'utf8');
const after = await format(
  [
    ['summary', summaryTable({ faults, coherence, soak, fuzz })],
    ['faults', faultTable(faults)],
    ['measured', measuredTable(faults)],
    ['histories', historyTable(coherence)],
    ['teeth', teethTable(coherence)],
    ['hostile', hostileTable(fuzz)],
    ['soak', soakTables(soak)],
  ].reduce((text, [mark = '', table = '']) => replaced(text, mark, table), before),
  { ...(await resolveConfig(page)), filepath: page },
);

if (before === after) console.log('docs/reliability.md says what the evidence says');
else if (values.check) {
  console.error('docs/reliability.md does not say what docs/evidence says; run npm run docs:reliability');
  process.exitCode = 1;
} else {
  await writeFile(page, after);
  console.log('docs/reliability.md is written anew');
}

/** @param {string} name */
async function read(name) {
  return JSON.parse(await readFile(`${evidence}/${name}.json`, 'utf8'));
}

/**
 * @param {string} text
 * @param {string} mark
 * @param {string} table
 */
function replaced(text, mark, table) {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [start, stop] = [text.indexOf(begin), text.indexOf(end)];
  if (start === -1 || stop < start) throw new Error(`docs/reliability.md has no ${begin} … ${end}`);
  return `${text.slice(0, start + begin.length)}\n\n${table}\n\n${text.slice(stop)}`;
}
