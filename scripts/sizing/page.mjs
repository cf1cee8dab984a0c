import { capacity } from '../../bench/report/capacity.mjs';
import { decimal, mebibytes, number } from '../../tools/figures.mjs';
import { table } from '../../tools/markdown.mjs';
import { apply, evidence, markedPage } from '../../tools/marked-page.mjs';

/** The figures of the performance page for this major version of Node. */
const NODE = '20';
/** The default of `invalidationLogLength`. */
const LOG_LENGTH = 4_096;
/** The shop of the example. */
const SHOP = { instances: 20, entries: 50_000, value: 2_000, messages: 200, cut: 60 };

/**
 * Writes docs/sizing.md from the evidence.
 *
 * @param {{ check: boolean, command: string }} options as `apply` takes them
 */
export async function writeSizingPage(options) {
  /** @type {import('./report.mjs').SizingReport} */
  const { redis, log, members } = await evidence('sizing');
  const { rows, series } = (await evidence('speed'))[NODE];
  const page = await markedPage({
    name: 'sizing.md',
    parts: [
      ['log', logTable(redis, log, members)],
      ['example', exampleTable({ rows, series, log })],
    ],
  });
  await apply('docs/sizing.md', [page], options);
}

/**
 * @param {string} redis
 * @param {readonly import('./report.mjs').LogRow[]} log
 * @param {import('./report.mjs').MembersRow} members
 */
function logTable(redis, log, members) {
  const lines = log.map(({ keys, bytes }) => [`${keys}`, `${number(bytes)} bytes`, mebibytes(bytes * LOG_LENGTH)]);
  const head = [
    'keys a message',
    'memory of an entry',
    `memory of a log of ${number(LOG_LENGTH)} entries, the default`,
  ];
  return `${table(head, lines)}\n\nEach instance takes ${number(members.bytes)} bytes on the list of members. Measured with ${redis}.`;
}

/**
 * @param {object} figures
 * @param {Record<string, { ours: number }>} figures.rows
 * @param {{ redisWork: readonly import('../../bench/report/redis-work.mjs').RedisWork[] }} figures.series
 * @param {readonly import('./report.mjs').LogRow[]} figures.log
 */
function exampleTable({ rows, series, log }) {
  const { instances, entries, value, messages, cut } = SHOP;
  const overhead = rows['memory/tagged']?.ours ?? Number.NaN;
  const most = capacity(instances, series.redisWork);
  const bytes = log.find(({ keys }) => keys === 1)?.bytes ?? Number.NaN;
  const needed = messages * cut;
  return table(
    ['what', 'formula', 'result'],
    [
      [
        'heap of each instance for the cache',
        `${number(entries)} entries × (${number(overhead)} + ${number(value)} bytes)`,
        mebibytes(entries * (overhead + value)),
      ],
      [
        'messages a second that one Redis carries',
        `the formula of [capacity](performance.md#capacity), for ${instances} instances`,
        number(most.messages),
      ],
      ['of these, used', `${messages} ÷ ${number(most.messages)}`, `${decimal((100 * messages) / most.messages)} %`],
      [
        'Redis sends',
        `${messages} messages × ${instances} instances × ${number(most.bytes / most.messages / instances)} bytes`,
        `${decimal((messages * most.bytes) / most.messages / 1e6)} MB/s`,
      ],
      [
        'the default log reaches back',
        `${number(LOG_LENGTH)} entries ÷ ${messages}`,
        `${decimal(LOG_LENGTH / messages)} s`,
      ],
      ['`invalidationLogLength` to bridge a cut of a minute', `${messages} × ${cut} s`, number(needed)],
      ['memory of that log', `${number(needed)} × ${number(bytes)} bytes`, mebibytes(needed * bytes)],
      ['loads at a failover, at most', `${number(entries)} keys × ${instances} instances`, number(entries * instances)],
    ],
  );
}
