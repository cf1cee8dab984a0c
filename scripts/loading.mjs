// `npm run loading`: what each load policy costs, measured: readers that come at once, refreshes after an eviction on three instances, a
// source that is down, memory, and a hit. Writes docs/evidence/loading.json and the tables of docs/loading.md.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { docsFile } from '../tools/marked-page.mjs';
import { startPrivateRedis } from '../tools/redis.mjs';
import { writeReport } from '../tools/write-report.mjs';
import { measureHits } from './loading/hit.mjs';
import { measureMemory } from './loading/memory.mjs';
import { writeLoadingPage } from './loading/page.mjs';
import { measureReaders } from './loading/readers.mjs';
import { measureRefreshes, measureSourceDown } from './loading/several-instances.mjs';
import { brokenPromises } from './loading/verdict.mjs';

const { short, record } = readCommandLine({
  command: 'npm run loading --',
  about:
    'Measures what the load policies cost and bring, in this process and in three instances on a private Redis, and fails when they do not do what docs/loading.md promises.',
  options: {
    short: flag('shows that all of it works, in some seconds, and judges no times'),
    record: flag('writes docs/evidence/loading.json and the page'),
  },
});
const effort = short
  ? { rounds: 1, evictions: 5, within: 100, seconds: 1.5, entries: 20_000, fills: 1, pairs: 4, milliseconds: 20 }
  : { rounds: 5, evictions: 100, within: 1_000, seconds: 10, entries: 100_000, fills: 3, pairs: 40, milliseconds: 100 };

const { rounds, evictions, within, seconds, entries, fills, pairs, milliseconds } = effort;
const hit = await measureHits({ pairs, milliseconds, say });
const readers = await measureReaders({ readers: 1_000, rounds, say });
const memory = await measureMemory({ entries, rounds: fills, say });
const redis = await startPrivateRedis({ say });
try {
  const { connectionString: redisConnectionString } = redis;
  const refreshes = await measureRefreshes({ redisConnectionString, rounds: evictions, within, say });
  const sourceDown = await measureSourceDown({ redisConnectionString, seconds, say });
  const report = { node: process.versions.node, redis: redis.program, readers, refreshes, sourceDown, memory, hit };
  if (record) {
    await writeReport(docsFile('evidence/loading.json'), report);
    await writeLoadingPage({ check: false, command: 'npm run docs:loading' });
  }
  const broken = brokenPromises(report, { isShort: short });
  for (const each of broken) say(`FAIL: ${each}`);
  say(broken.length === 0 ? 'PASS' : 'FAIL');
  process.exitCode = broken.length === 0 ? 0 : 1;
} finally {
  await redis.stop();
}
process.exit();

/** @param {string} line */
function say(line) {
  console.log(`loading: ${line}`);
}
