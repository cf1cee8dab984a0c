// `npm run fuzz`: feeds mutated real messages to the decoders and to a simulated cluster. Everything follows from the seed: a run with the
// seed of a failure, and as many messages as its number says, ends with the message that failed.
import { readCommandLine, text, wholeNumber } from '../tools/command-line.mjs';
import { mebibytes } from '../tools/figures.mjs';
import { progress } from '../tools/progress.mjs';
import { importTypeScript } from '../tools/typescript.mjs';
import { writeReport } from '../tools/write-report.mjs';

/** How much more heap may be in use at the end than after a tenth of the messages, in bytes: noise, far below a leak of a byte a message. */
const TOLERANCE = 8 << 20;

/** Below this many messages the heap is still growing to its usual size, and a leak could not be told from that. */
const ENOUGH_TO_JUDGE_THE_HEAP = 100_000;

const {
  messages,
  seed,
  report: file,
} = readCommandLine({
  command: 'npm run fuzz --',
  about:
    'Feeds mutated real messages to the decoders and to a simulated cluster, and fails when something throws, an instance stops working or the heap grows.',
  options: {
    messages: wholeNumber('how many messages', { from: 1, default: 1_000_000 }),
    seed: wholeNumber('decides everything; the seed of a failure shows it again', {
      to: 2 ** 31 - 1,
      default: Date.now() % 2 ** 31,
      shownDefault: 'another one in each run',
    }),
    report: text('writes what was found as JSON, e.g. docs/evidence/fuzz.json', { argument: 'FILE' }),
  },
});

say(`${messages} messages, seed ${seed}`);
process.on('uncaughtException', (error) => {
  console.error(`fuzz: something threw where nobody catches it (seed ${seed}):`, error);
  process.exit(1);
});

/** @type {typeof import('../test/support/hostile/fuzz.js')} */
const { fuzz } = await importTypeScript('test/support/hostile/fuzz.ts');
const startedAt = performance.now();
const tell = progress({ total: messages, unit: 'messages', say });
const report = await fuzz({ messages, seed, progress: (sent) => tell(sent, `seed ${seed}`) });
const seconds = (performance.now() - startedAt) / 1_000;
const grown = report.heap.late - report.heap.early;
/** @type {object[]} */
const failures = [...report.failures];
if (messages >= ENOUGH_TO_JUDGE_THE_HEAP && grown > TOLERANCE)
  failures.push({ problem: `the heap grew by ${mebibytes(grown)}` });

if (file !== undefined) await writeReport(file, { ...report, seconds: Math.round(seconds) });
say(
  `${report.messages} messages in ${seconds.toFixed(0)} s: ${report.understood} understood, ${report.refused} refused; ` +
    `${report.connectionStrings} connection strings, ${report.connectionStringsRefused} refused; ${report.syncs} syncs in ` +
    `${report.simulatedSeconds} simulated seconds; heap ${mebibytes(report.heap.early)} → ${mebibytes(report.heap.late)}`,
);
for (const failure of failures) console.error('fuzz: FAIL', failure);
say(failures.length === 0 ? 'PASS' : `FAIL, seed ${seed}`);
process.exit(failures.length === 0 ? 0 : 1);

/** @param {string} line */
function say(line) {
  console.log(`fuzz: ${line}`);
}
