// `npm run docs:performance`: writes the figures of docs/evidence/speed.json into docs/performance.md, between its marks, and draws the
// charts.
import { mkdir, readFile } from 'node:fs/promises';
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { installPackagesOf } from '../tools/install-packages.mjs';
import { apply, docsFile, evidence, markedPage } from '../tools/marked-page.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:performance --',
  about: 'Writes the tables and charts of docs/performance.md from docs/evidence/speed.json.',
  options: { check: flag('writes nothing, and fails when the page or a chart differs from the evidence') },
});

// The package that draws the charts is one of the bench's own.
installPackagesOf('bench', 'the other libraries');
const charts = await import('./report/charts.mjs');
const { capacityTable, environmentTable, floorTable, growthTables, redisTable, resultTables, simulationTable } =
  await import('./report/page.mjs');

const speed = await evidence('speed');
const page = await markedPage({
  name: 'performance.md',
  parts: [
    ['results', resultTables(speed)],
    ['floors', floorTable(speed)],
    ['growth', growthTables(speed)],
    ['environment', environmentTable(speed)],
    ['redis', redisTable(speed)],
    ['capacity', capacityTable(speed)],
    ['simulation', simulationTable(speed)],
  ],
});
const run = speed['20'];
await mkdir(docsFile('performance'), { recursive: true });
const drawings = await Promise.all([
  drawing('hits.svg', charts.hitChart(run)),
  drawing('throughput.svg', charts.throughputChart(run)),
  drawing('propagation.svg', charts.propagationChart(run)),
  drawing('redis.svg', charts.redisChart(run)),
  drawing('hit-ratio.svg', charts.hitRatioChart(run)),
]);
await apply('docs/performance.md', [page, ...drawings], { check, command: 'npm run docs:performance' });

/**
 * @param {string} name
 * @param {string} after
 */
async function drawing(name, after) {
  const path = docsFile(`performance/${name}`);
  return { path, before: await readFile(path, 'utf8').catch(() => ''), after };
}
