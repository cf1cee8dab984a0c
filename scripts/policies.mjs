// `npm run policies`: instances under every memory policy of Redis, while another client fills the server. Writes docs/evidence/policies.json
// and the table of docs/redis-servers.md.
import { flag, positiveNumber, readCommandLine } from '../tools/command-line.mjs';
import { docsFile } from '../tools/marked-page.mjs';
import { importTypeScript } from '../tools/typescript.mjs';
import { writeReport } from '../tools/write-report.mjs';
import { writeRedisServersPage } from './redis-servers/page.mjs';

const { seconds, record } = readCommandLine({
  command: 'npm run policies --',
  about:
    'Runs instances under every memory policy of Redis, while another client fills the server, and fails when one of them starts empty although the policy spares keys without an expiry.',
  options: {
    seconds: positiveNumber('how long the server is filled, with each policy', { default: 25 }),
    record: flag('writes docs/evidence/policies.json and the page'),
  },
});

/** @type {typeof import('../test/redis-servers/policies.js')} */
const { brokenPromises, policies } = await importTypeScript('test/redis-servers/policies.ts');
const report = await policies({ seconds, say });
if (record) {
  await writeReport(docsFile('evidence/policies.json'), report);
  await writeRedisServersPage({ check: false, command: 'npm run docs:redis-servers' });
}
const broken = brokenPromises(report);
for (const each of broken) say(`FAIL: ${each}`);
say(broken.length === 0 ? 'PASS' : 'FAIL');
process.exit(broken.length === 0 ? 0 : 1);

/** @param {string} line */
function say(line) {
  console.log(`policies: ${line}`);
}
