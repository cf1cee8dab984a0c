// `npm run fuzz -- --messages 1000000 [--seed N] [--report FILE]`: feeds mutated real messages to the decoders and to a simulated
// cluster. Everything follows from the seed: a run with the seed and the number of a failure ends with the message that failed.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import { writeReport } from './write-report.mjs';

/** How much more may be in use at the end than after a tenth of the messages, in bytes: noise, far below a leak of a byte a message. */
const TOLERANCE = 8 << 20;

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: { messages: { type: 'string' }, seed: { type: 'string' }, report: { type: 'string' } },
});
const messages = wholeNumber('messages', values.messages ?? '1000000');
const seed = wholeNumber('seed', values.seed ?? `${Date.now() % 2 ** 31}`);

console.log(`fuzz: ${messages} messages, seed ${seed}`);
process.on('uncaughtException', (error) => {
  console.error(`fuzz: something threw where nobody catches it (seed ${seed}):`, error);
  process.exit(1);
});

const { module } = await runnerImport(`${root}/test/support/hostile/fuzz.ts`, {
  root,
  configFile: `${root}/vitest.config.ts`,
  logLevel: 'error',
});
const startedAt = performance.now();
let saidAt = startedAt;
const report = await module.fuzz({ messages, seed, progress: say });
const seconds = (performance.now() - startedAt) / 1_000;
const grown = report.heap.late - report.heap.early;
const failures = [...report.failures];
if (messages >= 100_000 && grown > TOLERANCE) failures.push({ problem: `the heap grew by ${megabytes(grown)}` });

if (values.report !== undefined) await writeReport(values.report, { ...report, seconds: Math.round(seconds) });
console.log(
  `fuzz: ${report.messages} messages in ${seconds.toFixed(0)} s: ${report.understood} understood, ${report.refused} refused; ` +
    `${report.connectionStrings} connection strings, ${report.connectionStringsRefused} refused; ${report.syncs} syncs in ` +
    `${report.simulatedSeconds} simulated seconds; heap ${megabytes(report.heap.early)} → ${megabytes(report.heap.late)}`,
);
for (const failure of failures) console.error('fuzz: FAIL', failure);
console.log(`fuzz: ${failures.length === 0 ? 'PASS' : `FAIL, seed ${seed}`}`);
process.exit(failures.length === 0 ? 0 : 1);

/** @param {number} sent */
function say(sent) {
  if (performance.now() - saidAt < 5_000) return;
  saidAt = performance.now();
  const rate = sent / ((saidAt - startedAt) / 1_000);
  console.log(`fuzz: ${sent} of ${messages} (${rate.toFixed(0)}/s), seed ${seed}`);
}

/**
 * @param {string} option
 * @param {string} text
 * @returns {number}
 */
function wholeNumber(option, text) {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new Error(`--${option} ${text} is not a whole number`);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / (1 << 20)).toFixed(1)} MB`;
}
