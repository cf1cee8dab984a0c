// `npm run sizing`: the memory that a namespace takes in Redis, measured on a private server: entries of the log, and members.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { docsFile } from '../tools/marked-page.mjs';
import { startPrivateRedis } from '../tools/redis.mjs';
import { writeReport } from '../tools/write-report.mjs';
import { measureLog, measureMembers, versionOf } from './sizing/measure.mjs';
import { writeSizingPage } from './sizing/page.mjs';

const { record } = readCommandLine({
  command: 'npm run sizing --',
  about: 'Measures how much memory the log and the members of a namespace take in Redis, on a private server.',
  options: { record: flag('writes docs/evidence/sizing.json and the page') },
});

const redis = await startPrivateRedis({ say });
try {
  const log = [];
  for (const keys of [1, 10, 100]) {
    const row = await measureLog(redis.connectionString, keys);
    say(`${keys} keys a message: ${row.bytes.toFixed(0)} bytes an entry of the log, of ${row.entries}`);
    log.push(row);
  }
  const members = await measureMembers(redis.connectionString);
  say(`${members.bytes.toFixed(0)} bytes a member`);
  if (record) {
    await writeReport(docsFile('evidence/sizing.json'), {
      redis: await versionOf(redis.connectionString),
      log,
      members,
    });
    await writeSizingPage({ check: false, command: 'npm run docs:sizing' });
  }
} finally {
  await redis.stop();
}
process.exit();

/** @param {string} line */
function say(line) {
  console.log(`sizing: ${line}`);
}
