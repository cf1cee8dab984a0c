import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAfterDeath } from './parent-death.mjs';
import { inRepository, ROOT } from './repository.mjs';

/**
 * How a run of tests ended. `failed` are the titles, with the first line of the reason.
 *
 * @typedef {{ passed: number, skipped: number, failed: readonly string[], seconds: number }} TestRun
 */

/**
 * Runs test files and resolves when they have ended.
 *
 * @param {object} run
 * @param {readonly string[]} run.projects of vitest.config.ts
 * @param {readonly string[]} run.files from the root of the repository; a folder stands for all in it
 * @param {Readonly<Record<string, string | undefined>>} run.env beside that of this process
 * @returns {Promise<TestRun>}
 * @throws {Error} when vitest itself fails
 */
export async function runTests({ projects, files, env }) {
  const folder = await mkdtemp(join(tmpdir(), 'vitest-run-'));
  const outputFile = join(folder, 'report.json');
  const asked = [
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=json',
    `--outputFile=${outputFile}`,
  ];
  try {
    const startedAt = performance.now();
    const errors = await vitest([...asked, ...files], env);
    const report = await readFile(outputFile, 'utf8').catch(() => undefined);
    if (report === undefined) throw new Error(`vitest has run no tests:\n${errors}`);
    return { ...outcomeIn(JSON.parse(report)), seconds: Math.round((performance.now() - startedAt) / 1_000) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Promise<string>} what it writes to standard error
 */
function vitest(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [inRepository('node_modules/vitest/vitest.mjs'), 'run', ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Whoever ends this process, and not its whole group as Ctrl-C does, means the tests.
    const callOff = child.pid === undefined ? () => {} : runAfterDeath(['kill', `${child.pid}`]);
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('error', reject);
    child.on('close', () => {
      callOff();
      resolve(errors);
    });
  });
}

/** @typedef {{ fullName: string, status: string, failureMessages?: string[] }} Assertion */

/**
 * @param {{ testResults: { name: string, status: string, message?: string, assertionResults: Assertion[] }[] }} report
 * @returns {Omit<TestRun, 'seconds'>}
 */
function outcomeIn({ testResults }) {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  // A file that fails as a whole has no test that does.
  const files = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const failures = all.filter(({ status }) => status === 'failed');
  return {
    passed: all.filter(({ status }) => status === 'passed').length,
    skipped: all.filter(({ status }) => status !== 'passed' && status !== 'failed').length,
    failed: [
      ...files.map(({ name, message }) => `${name}: ${firstLine(message)}`),
      ...failures.map(({ fullName, failureMessages }) => `${fullName.trim()}: ${firstLine(failureMessages?.[0])}`),
    ],
  };
}

function firstLine(text = '') {
  return text.split('\n')[0] ?? '';
}
