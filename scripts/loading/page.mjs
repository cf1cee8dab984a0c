import { number } from '../../tools/figures.mjs';
import { table } from '../../tools/markdown.mjs';
import { apply, evidence, markedPage } from '../../tools/marked-page.mjs';

/**
 * Writes docs/loading.md from the evidence.
 *
 * @param {{ check: boolean, command: string }} options as `apply` takes them
 */
export async function writeLoadingPage(options) {
  /** @type {import('./report.mjs').LoadingReport} */
  const { readers, refreshes, sourceDown, memory, hit } = await evidence('loading');
  const page = await markedPage({
    name: 'loading.md',
    parts: [
      ['readers', readersTable(readers)],
      ['refreshes', refreshesTable(refreshes)],
      ['source-down', sourceDownTable(sourceDown)],
      ['memory', memoryTable(memory)],
      ['hit', `A hit costs ${hit.ratio.toFixed(2)} × as much with \`refreshAhead\` as without any policy.`],
    ],
  });
  await apply('docs/loading.md', [page], options);
}

/** @param {import('./report.mjs').ReadersReport} report */
function readersTable({ readers, sourceTakes, rounds, rows }) {
  const head = [
    '',
    'loads',
    'of these in the background',
    'what the readers get',
    'half of them wait',
    'the last waits',
  ];
  const about =
    `${number(readers)} readers of one key that come at once, a source that takes ${sourceTakes} ms (also to fail), one instance. ` +
    `Loads: the most of ${rounds} rounds; waits: the median, and the longest of all rounds.`;
  const lines = rows.map(({ name, loads, background, p50, longest, ...answers }) => [
    name,
    number(loads),
    `${background}`,
    given(answers, rounds),
    milliseconds(p50),
    milliseconds(longest),
  ]);
  return `${about}\n\n${table(head, lines)}`;
}

/** @param {Pick<import('./report.mjs').ReadersRow, 'fresh' | 'stale' | 'errors' | 'stalest'>} answers @param {number} rounds */
function given({ fresh, stale, errors, stalest }, rounds) {
  const counted = /** @type {const} */ ([
    [fresh, 'a fresh value'],
    [stale, `a value that expired up to ${Math.round(stalest)} ms ago`],
    [errors, 'an error'],
  ]).filter(([count]) => count > 0);
  if (counted.length === 1) return `all: ${counted[0]?.[1]}`;
  return counted.map(([count, what]) => `${number(count / rounds)}: ${what}`).join('; ');
}

/** @param {import('./report.mjs').RefreshesReport} report */
function refreshesTable({ instances, rounds, within, sourceTakes, hits, mostLoads, start, spread, untrue }) {
  return table(
    ['what', 'seen'],
    [
      [
        'instances, evictions of the hot key on one of them',
        `${instances}, ${rounds}; \`within\` is ${within} ms, the source takes ${sourceTakes} ms`,
      ],
      [`next reads that were hits, of ${rounds}, on each of the others`, hits.join(', ')],
      ['loads of one instance after one eviction, at most', `${mostLoads}`],
      ['reads that got a value from before the eviction', `${untrue}`],
      [
        'start of a load after the eviction',
        `${milliseconds(start.earliest)} to ${milliseconds(start.latest)}, median ${milliseconds(start.median)}; the middle 80 % from ${milliseconds(start.p10)} to ${milliseconds(start.p90)}`,
      ],
      ['from the first instance that loads to the last, median', milliseconds(spread)],
    ],
  );
}

/** @param {readonly import('./report.mjs').SourceDownReport[]} reports */
function sourceDownTable(reports) {
  const head = [
    'policies',
    'the source fails after',
    'reads, and errors among them',
    'half of the reads wait',
    '99 of 100 wait',
    'the last waits',
    'tries of one key on one instance within `retryAfter`, at most',
  ];
  const rows = reports.map(({ name, failsAfter, reads, errors, p50, p99, longest, mostTries }) => [
    name,
    failsAfter === 0 ? 'at once' : `${failsAfter} ms`,
    `${number(reads)}, ${number(errors)}`,
    milliseconds(p50),
    milliseconds(p99),
    milliseconds(longest),
    `${mostTries}`,
  ]);
  return table(head, rows);
}

/** @param {import('./report.mjs').MemoryReport} report */
function memoryTable({ entries, rows }) {
  const [plain] = rows;
  const more = (/** @type {number} */ bytes, /** @type {number | undefined} */ without) => {
    const difference = bytes - (without ?? NaN);
    return `${bytes}${difference > 0 ? ` (${difference} more)` : ''}`;
  };
  const head = ['bytes per entry', 'loaded by `@Cacheable`', 'loaded by `getOrLoad` with an arrow function'];
  const lines = rows.map(({ name, decorated, closure }) => [
    name,
    more(decorated, plain?.decorated),
    more(closure, plain?.closure),
  ]);
  return `${number(entries)} entries with a small value, which is counted too:\n\n${table(head, lines)}`;
}

/** @param {number} time */
function milliseconds(time) {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
