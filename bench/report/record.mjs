import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { docsFile } from '../../tools/marked-page.mjs';
import { writeReport } from '../../tools/write-report.mjs';
import { NODE_MAJOR } from '../measure/node-major.mjs';
import { redisVersion } from '../measure/redis-version.mjs';
import { LAYERED_LOADER } from '../peers/layered-loader.mjs';

const EVIDENCE = docsFile('evidence/speed.json');

/**
 * Writes the figures into `docs/evidence/speed.json`, under the major version of this Node, with the machine and the versions of the other libraries.
 * Groups that were not measured keep their figures.
 *
 * @param {{ rows: object, series: object }} measured
 */
export async function record(measured) {
  const runs = JSON.parse(await readFile(EVIDENCE, 'utf8').catch(() => '{}'));
  const { rows, series } = runs[NODE_MAJOR] ?? {};
  runs[NODE_MAJOR] = {
    ...(await environment()),
    rows: { ...rows, ...measured.rows },
    series: { ...series, ...measured.series },
  };
  await writeReport(EVIDENCE, runs);
  console.log('\nRecorded in docs/evidence/speed.json; npm run docs:performance writes docs/performance.md from it.');
}

async function environment() {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: cpu?.model ?? '',
      cores: cpus().length,
      memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
      system: process.platform,
    },
    versions: { node: process.versions.node, redis: await redisVersion(), ...(await versionsOfPeers()) },
  };
}

async function versionsOfPeers() {
  const { packages } = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'));
  const names = [
    'ioredis',
    'lru-cache',
    LAYERED_LOADER,
    'bentocache',
    'async-cache-dedupe',
    'cache-manager',
    'keyv',
    '@cacheable/memory',
  ];
  return Object.fromEntries(names.map((name) => [name.replace(/-14$/, ''), packages[`node_modules/${name}`].version]));
}
