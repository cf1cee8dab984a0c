// `npm run idle`: instances that are idle behind an HAProxy with a short idle timeout. No link may be lost, and nothing logged.
import { positiveNumber, readCommandLine, text } from '../tools/command-line.mjs';
import { importTypeScript } from '../tools/typescript.mjs';
import { writeReport } from '../tools/write-report.mjs';

const {
  minutes,
  timeout,
  report: file,
} = readCommandLine({
  command: 'npm run idle --',
  about:
    'Runs idle instances behind an HAProxy that closes idle connections, and fails when a link is lost or a line is logged. It installs HAProxy where it can.',
  options: {
    minutes: positiveNumber('how long nobody evicts', { default: 10 }),
    timeout: positiveNumber('after how many idle seconds HAProxy closes a connection', { default: 5 }),
    report: text('writes what was seen as JSON, e.g. docs/evidence/idle.json', { argument: 'FILE' }),
  },
});

/** @type {typeof import('../test/redis-servers/idle.js')} */
const { idle } = await importTypeScript('test/redis-servers/idle.ts');
const report = await idle({ minutes, timeout, say });
say(
  `reconnects: ${report.reconnects}, lines: ${report.lines}; the eviction after that was ${report.eviction}, and reached the other instance in ${report.dropped} ms`,
);
const isQuiet = report.reconnects === 0 && report.lines === 0 && report.eviction === 'accepted';
if (file !== undefined) await writeReport(file, report);
say(isQuiet ? 'PASS' : 'FAIL');
process.exit(isQuiet ? 0 : 1);

/** @param {string} line */
function say(line) {
  console.log(`idle: ${line}`);
}
