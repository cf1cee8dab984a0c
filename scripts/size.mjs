// `npm run size`: packs the library, installs it into empty folders, and fails when one of the sizes exceeds its bound.
import { exit } from 'node:process';
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { docsFile } from '../tools/marked-page.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { writeReport } from '../tools/write-report.mjs';
import { BOUNDS, exceeded, inWords } from './size/bounds.mjs';
import { measureSize } from './size/measure.mjs';
import { writePackagePage } from './size/page.mjs';

const { record } = readCommandLine({
  command: 'npm run size --',
  about:
    'Measures the package and what it adds to an application, and fails when a size exceeds its bound in scripts/size/bounds.mjs.',
  options: { record: flag('writes docs/evidence/size.json and the page docs/package.md') },
});

try {
  const size = await measureSize(say);
  for (const bound of BOUNDS) say(`${bound.what}: ${inWords(bound, bound.of(size))} of ${inWords(bound, bound.most)}`);
  const problems = exceeded(size);
  for (const problem of problems)
    console.error(`size: FAIL ${problem}. Find out what has grown: npm pack --dry-run lists the files.`);
  if (problems.length > 0) exit(1);
  if (record) {
    await writeReport(docsFile('evidence/size.json'), size);
    await writePackagePage({ check: false, command: 'npm run docs:package' });
  }
} catch (error) {
  console.error(`size: ${messageOf(error)}`);
  exit(1);
}

/** @param {string} line */
function say(line) {
  console.log(`size: ${line}`);
}
