// `npm run check:coherence -- --schedules 20000 [--seed N] [--real 60s] [--teeth] [--without MECHANISM] [--report FILE]`: random histories
// of several instances with faults, each held against what the cache promises. A simulated one is shown again by its seed.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { runnerImport } from 'vite';

/** Within so many schedules a mechanism that was taken out has to be missed. */
const SCHEDULES_OF_A_TOOTH = 2_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const hire = () => new Worker(new URL(import.meta.url));

if (isMainThread) process.exit((await check()) ? 0 : 1);
else (await load('worker')).serve(parentPort);

async function check() {
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string' },
      seed: { type: 'string', default: '1' },
      real: { type: 'string' },
      teeth: { type: 'boolean', default: false },
      without: { type: 'string' },
      report: { type: 'string' },
    },
  });
  const seed = wholeNumber('seed', values.seed);
  const { checkSimulated, checkTeeth, MECHANISMS, summaryOf } = await load('check');
  if (values.without !== undefined) {
    if (!MECHANISMS.includes(values.without)) {
      say(`--without '${values.without}': there is no such mechanism; there are '${MECHANISMS.join("', '")}'`);
      return false;
    }
    const schedules = wholeNumber('schedules', values.schedules ?? `${SCHEDULES_OF_A_TOOTH}`);
    const [tooth] = await checkTeeth({ schedules, seed, hire, say }, [values.without]);
    return tooth.found !== undefined;
  }

  const isSomethingElse = values.real !== undefined || values.teeth;
  const schedules = wholeNumber('schedules', values.schedules ?? (isSomethingElse ? '0' : '20000'));
  /** @type {Record<string, unknown>} */
  const found = {};
  let isSound = true;
  if (schedules > 0) {
    const simulated = await checkSimulated({ schedules, seed, hire, say });
    for (const line of summaryOf('simulated', simulated)) say(line);
    found['simulated'] = simulated;
    isSound &&= simulated.broken === 0;
  }
  if (values.teeth) {
    const teeth = await checkTeeth({ schedules: SCHEDULES_OF_A_TOOTH, seed, hire, say });
    found['teeth'] = teeth;
    isSound &&= teeth.every((/** @type {{ found?: number }} */ tooth) => tooth.found !== undefined);
  }
  if (values.real !== undefined) {
    const { checkReal } = await load('check-real');
    const real = await checkReal({ time: values.real, seed, say });
    for (const line of summaryOf('real', real)) say(line);
    found['real'] = real;
    isSound &&= real.broken === 0;
  }
  if (values.report !== undefined) await write(values.report, found);
  say(isSound ? 'PASS' : 'FAIL');
  return isSound;
}

/**
 * What other runs found stays in the file.
 *
 * @param {string} file
 * @param {Record<string, unknown>} found
 */
async function write(file, found) {
  const before = await readFile(file, 'utf8').catch(() => '{}');
  await mkdir(dirname(file), { recursive: true });
  const report = { ...JSON.parse(before), node: process.version, ...found };
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** @param {string} name */
async function load(name) {
  const { module } = await runnerImport(`${root}/test/coherence/${name}.ts`, {
    root,
    configFile: `${root}/vitest.config.ts`,
    logLevel: 'error',
  });
  return module;
}

/** @param {string} line */
function say(line) {
  console.log(`check:coherence: ${line}`);
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
