// `npm run fuzz:http`: sends requests of several users with every kind of header to cached routes on Express and Fastify. It fails when an
// answer was made for another request. The seed decides the requests, not the order in which handlers end.
import { readCommandLine, text, wholeNumber } from '../tools/command-line.mjs';
import { progress } from '../tools/progress.mjs';
import { importTypeScript } from '../tools/typescript.mjs';
import { writeReport } from '../tools/write-report.mjs';

/** In a run of a thousand requests or more, every kind of answer occurs: otherwise nothing was tested. */
const KINDS = ['HIT', 'MISS', 'STALE', 'BYPASS', '304'];

const {
  requests,
  seed,
  report: file,
} = readCommandLine({
  command: 'npm run fuzz:http --',
  about:
    'Sends requests with every kind of header to cached routes, and fails when an answer was made for another request.',
  options: {
    requests: wholeNumber('how many requests, half of them to each adapter', { from: 1_000, default: 100_000 }),
    seed: wholeNumber('decides the requests', {
      to: 2 ** 31 - 1,
      default: Date.now() % 2 ** 31,
      shownDefault: 'another one in each run',
    }),
    report: text('writes what was found as JSON, e.g. docs/evidence/fuzz-http.json', { argument: 'FILE' }),
  },
});

say(`${requests} requests, seed ${seed}`);
/** @type {typeof import('../test/support/http/http-fuzz.js')} */
const { fuzzHttp } = await importTypeScript('test/support/http/http-fuzz.ts');
const startedAt = performance.now();
const tell = progress({ total: requests, unit: 'requests', say });
const report = await fuzzHttp({ requests, seed, progress: (answered) => tell(answered, `seed ${seed}`) });
const seconds = Math.round((performance.now() - startedAt) / 1_000);
/** @type {object[]} */
const failures = [...report.failures];
for (const [adapter, counts] of Object.entries(report.answers))
  for (const kind of KINDS) if (!counts[kind]) failures.push({ problem: `no answer of ${adapter} was ${kind}` });

if (file !== undefined) await writeReport(file, { ...report, seconds });
for (const [adapter, counts] of Object.entries(report.answers))
  say(`${adapter}: ${KINDS.map((kind) => `${counts[kind] ?? 0} ${kind}`).join(', ')}`);
for (const failure of failures) console.error('fuzz: FAIL', failure);
say(failures.length === 0 ? `PASS in ${seconds} s` : `FAIL, seed ${seed}`);
process.exit(failures.length === 0 ? 0 : 1);

/** @param {string} line */
function say(line) {
  console.log(`fuzz: ${line}`);
}
