// `npm run check:coherence`: random histories of several instances with faults, each checked against what the cache promises. The seed of a
// simulated history shows it again.
import { readFile } from 'node:fs/promises';
import { duration, flag, oneOf, readCommandLine, text, wholeNumber } from '../tools/command-line.mjs';
import { importTypeScript } from '../tools/typescript.mjs';
import { writeReport } from '../tools/write-report.mjs';

/** Within so many schedules a promise has to break when a mechanism is missing. */
const SCHEDULES_OF_A_TOOTH = 2_000;
const SCHEDULES = 20_000;

/** @type {typeof import('../test/coherence/check.js')} */
const { checkSimulated, checkTeeth, MECHANISMS, summaryOf } = await importTypeScript('test/coherence/check.ts');

const given = readCommandLine({
  command: 'npm run check:coherence --',
  about:
    'Runs random histories of several instances with faults, and fails when one breaks a promise of the cache. Without --teeth, --real and --without it runs simulated histories.',
  options: {
    schedules: wholeNumber('how many simulated histories', {
      default: undefined,
      shownDefault: `${SCHEDULES}; with --without ${SCHEDULES_OF_A_TOOTH}; with --audits, --observed, --teeth or --real 0`,
    }),
    audits: wholeNumber('how many simulated histories in which every hit is audited', { default: 0 }),
    observed: wholeNumber(
      'how many simulated histories while observers ask all the time, as they do in every real one',
      {
        default: 0,
      },
    ),
    seed: wholeNumber('of the first history; each further one has the next number', { default: 1 }),
    real: duration('begins histories on private Redis servers, for so long on all of them together', {
      default: undefined,
    }),
    servers: wholeNumber('how many servers --real uses side by side', { default: 1 }),
    teeth: flag('takes out one mechanism after another, and fails when no promise breaks'),
    without: oneOf('does so with one mechanism only', { argument: 'MECHANISM', choices: MECHANISMS }),
    report: text('writes the results as JSON; those of other runs stay in the file', { argument: 'FILE' }),
  },
});

const isSound = await (given.without === undefined ? check(given) : checkTooth(given.without, given));
say(isSound ? 'PASS' : 'FAIL');
process.exit(isSound ? 0 : 1);

/**
 * @param {string} mechanism
 * @param {{ schedules: number | undefined, seed: number }} options
 */
async function checkTooth(mechanism, { schedules = SCHEDULES_OF_A_TOOTH, seed }) {
  const [tooth] = await checkTeeth({ schedules, seed, say }, [mechanism]);
  return tooth?.found !== undefined;
}

/** @param {Omit<typeof given, 'without'>} options */
async function check({ seed, audits, observed, real: time, servers, teeth: isAsked, report, ...rest }) {
  const schedules = rest.schedules ?? (time !== undefined || isAsked || audits + observed > 0 ? 0 : SCHEDULES);
  /** @type {Record<string, unknown>} */
  const found = {};
  let hasPassed = true;
  if (schedules > 0) {
    const simulated = await checkSimulated({ schedules, seed, say });
    for (const line of summaryOf('simulated', simulated)) say(line);
    found['simulated'] = simulated;
    hasPassed &&= simulated.broken === 0;
  }
  if (audits > 0) {
    const audited = await checkSimulated({ schedules: audits, seed, audits: true, say });
    for (const line of summaryOf('audited', audited)) say(line);
    found['audited'] = audited;
    hasPassed &&= audited.broken === 0;
  }
  if (observed > 0) {
    const asked = await checkSimulated({ schedules: observed, seed, isObserved: true, say });
    for (const line of summaryOf('observed', asked)) say(line);
    found['observed'] = asked;
    hasPassed &&= asked.broken === 0;
  }
  if (isAsked) {
    const teeth = await checkTeeth({ schedules: SCHEDULES_OF_A_TOOTH, seed, say });
    found['teeth'] = teeth;
    hasPassed &&= teeth.every((tooth) => tooth.found !== undefined);
  }
  if (time !== undefined) {
    /** @type {typeof import('../test/coherence/check-real.js')} */
    const { checkReal } = await importTypeScript('test/coherence/check-real.ts');
    const real = await checkReal({ time, seed, servers, say });
    for (const line of summaryOf('real', real)) say(line);
    found['real'] = real;
    hasPassed &&= real.broken === 0;
  }
  if (report !== undefined) {
    const before = await readFile(report, 'utf8').catch(() => '{}');
    await writeReport(report, { ...JSON.parse(before), node: process.version, ...found });
  }
  return hasPassed;
}

/** @param {string} line */
function say(line) {
  console.log(`check:coherence: ${line}`);
}
