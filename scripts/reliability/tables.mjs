import { decimal, number, table } from '../markdown.mjs';

/** @typedef {import('./evidence.mjs').FaultRow} FaultRow */
/** @typedef {import('./evidence.mjs').CoherenceReport} CoherenceReport */
/** @typedef {import('./evidence.mjs').HistoryReport} HistoryReport */
/** @typedef {import('./evidence.mjs').SoakEvidence} SoakEvidence */
/** @typedef {import('./evidence.mjs').FuzzReport} FuzzReport */
/** @typedef {import('./evidence.mjs').Evidence} Evidence */

/** @param {Evidence} evidence */
export function summaryTable({ faults, coherence, soak, fuzz }) {
  const histories = [coherence.simulated, coherence.real];
  const times = (/** @type {(report: HistoryReport) => number} */ of) => sum(histories.map(of));
  return table(
    ['', 'in the simulation', 'on real servers'],
    [
      ['schedules', number(coherence.simulated.schedules), number(coherence.real.schedules)],
      [
        'faults injected',
        number(faultsOf(coherence.simulated)),
        `${number(faultsOf(coherence.real))}, and ${faults.length} one by one`,
      ],
      [
        'reads checked',
        number(coherence.simulated.figures.reads),
        number(coherence.real.figures.reads + sum(faults.map((row) => row.reads)) + soak.end.reads),
      ],
      [
        'evictions',
        number(coherence.simulated.figures.evictions),
        number(
          coherence.real.figures.evictions +
            sum(faults.map((row) => row.evictions)) +
            soak.burst.evictions +
            sum(soak.intervals.map((interval) => interval.evictions)),
        ),
      ],
      [
        'evictions everywhere',
        number(coherence.simulated.figures.everywhere),
        number(coherence.real.figures.everywhere),
      ],
      ['hostile messages', number(fuzz.messages), 'a flood of each kind in the test suite'],
      [
        'broken promises',
        `**${coherence.simulated.broken}**`,
        `**${coherence.real.broken + faults.filter((row) => row.outcome !== 'kept').length + soak.end.violations.length}**`,
      ],
    ],
  ).concat(
    `\n\n${number(times((report) => report.figures.loads))} loads were watched in the random histories, and ${number(times((report) => report.figures.stored))} stored values were held against every invalidation applied since they were read.`,
  );
}

/** @param {FaultRow[]} rows */
export function faultTable(rows) {
  return table(
    [
      'fault',
      'what was done',
      'reads',
      'evictions',
      'stalest read, ms',
      'bound, ms',
      'longest `evict()`, ms',
      'longest read, ms',
      'coherent again after, ms',
      'flushes / replayed / missed / reconnects',
      'promises',
    ],
    rows.map((row) => [
      row.fault,
      row.done,
      number(row.reads),
      number(row.evictions),
      number(row.worstStaleness),
      number(row.bound),
      number(row.longestEvict),
      number(row.longestRead),
      number(row.recoveredIn),
      [row.bridge.flushes, row.bridge.replayed, row.bridge.missed, row.bridge.reconnects].map(number).join(' / '),
      row.outcome,
    ]),
  );
}

/** What some trials measured beside. @param {FaultRow[]} rows */
export function measuredTable(rows) {
  return table(
    ['fault', 'measured', ''],
    rows.flatMap(({ fault, measured = {} }) =>
      Object.entries(measured).map(([name, value]) => [fault, words(name), decimal(value)]),
    ),
  );
}

/** @param {CoherenceReport} report */
export function historyTable({ simulated, real }) {
  const both = [simulated, real];
  const row = (/** @type {string} */ name, /** @type {(report: HistoryReport) => string} */ of) => [
    name,
    ...both.map(of),
  ];
  const kinds = [...new Set(both.flatMap(({ faults }) => Object.keys(faults)))].toSorted();
  return [
    table(
      ['', 'simulated', 'real'],
      [
        row('schedules', (report) => number(report.schedules)),
        row('first seed', (report) => number(report.firstSeed)),
        row('took, s', (report) => number(report.seconds)),
        row('reads', ({ figures }) => number(figures.reads)),
        row('loads', ({ figures }) => number(figures.loads)),
        row('changes', ({ figures }) => number(figures.commits)),
        row('evictions', ({ figures }) => number(figures.evictions)),
        row('evictions everywhere', ({ figures }) => number(figures.everywhere)),
        row('longest eviction everywhere, ms', ({ figures }) => number(figures.longestWait)),
        row('stalest read, ms', ({ figures }) => number(figures.worstStaleness)),
        row('`maxStaleness`, ms', (report) => number(report.maxStaleness)),
        row('schedules that broke a promise', (report) => number(report.broken)),
      ],
    ),
    table(
      ['fault', 'simulated', 'real'],
      kinds.map((kind) => [kind, ...both.map(({ faults }) => number(faults[kind] ?? 0))]),
    ),
  ].join('\n\n');
}

/** @param {CoherenceReport} report */
export function teethTable({ teeth }) {
  return table(
    ['taken out', 'missed by schedule', 'seed that shows it', 'the promise that broke'],
    teeth.map(({ mechanism, found, seed, promise }) => [
      mechanism,
      found === undefined ? 'not missed' : number(found),
      seed === undefined ? '' : `${seed}`,
      promise ?? '',
    ]),
  );
}

/** @param {FuzzReport} report */
export function hostileTable(report) {
  return table(
    ['', ''],
    [
      ['mutated messages', number(report.messages)],
      ['seed', `${report.seed}`],
      ['of them understood, and refused with a reason', `${number(report.understood)}, ${number(report.refused)}`],
      [
        'connection strings read, and refused with a reason',
        `${number(report.connectionStrings - report.connectionStringsRefused)}, ${number(report.connectionStringsRefused)}`,
      ],
      ['thrown by a decoder, a parser or an instance', `${report.failures.length}`],
      ['heap after a tenth, and at the end', `${megabytes(report.heap.early)}, ${megabytes(report.heap.late)}`],
      ['took, s', number(report.seconds)],
    ],
  );
}

/** @param {SoakEvidence} report */
export function soakTables({ passed, minutes, instances, propagation, burst, intervals, end }) {
  return [
    `${instances} instances as processes of their own, ${minutes} minutes: **${passed ? 'passed' : 'failed'}**.`,
    table(
      ['', ''],
      [
        [
          'one eviction at a time, from `evict()` to the last copy in another process, ms',
          `p50 ${decimal(propagation.p50)}, p99 ${decimal(propagation.p99)}, max ${decimal(propagation.max)} (${number(propagation.heard)} heard)`,
        ],
        ['evictions in the burst', number(burst.evictions)],
        ['until their promises had settled, ms', number(burst.settled)],
        ['until the last of the others had dropped the last copy, ms', number(burst.dropped)],
        ['evictions a second, end to end', number(burst.evictionsPerSecond)],
        [
          'event-loop delay of a receiver meanwhile, ms',
          `p99 ${decimal(burst.delayP99)}, max ${decimal(burst.delayMax)}`,
        ],
        ['copies that were not dropped', number(burst.left)],
        ['reads held against the source of truth', number(end.reads)],
        ['stalest read, ms', number(end.worstStaleness)],
        ['stale at the end, and waiting in an outbox', `${number(end.lost)}, ${number(end.waiting)}`],
        ['broken promises', number(end.violations.length)],
      ],
    ),
    table(
      [
        'from, s',
        'reads',
        'loads',
        'evictions',
        'puts',
        'messages',
        'event-loop delay p50 / p99 / max, ms',
        'RSS of all',
        'heap of all',
        'Redis',
        'log entries',
      ],
      intervals.map((interval, index) => [
        number(sum(intervals.slice(0, index).map(({ seconds }) => seconds))),
        number(interval.reads),
        number(interval.loads),
        number(interval.evictions),
        number(interval.puts),
        number(interval.messages),
        [interval.delayP50, interval.delayP99, interval.delayMax].map(decimal).join(' / '),
        megabytes(interval.rss),
        megabytes(interval.heapUsed),
        megabytes(interval.redisMemory),
        number(interval.logLength),
      ]),
    ),
  ].join('\n\n');
}

/** @param {HistoryReport} report */
function faultsOf({ faults }) {
  return sum(Object.values(faults));
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, each) => total + each, 0);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MB`;
}

/** `propagationP99` → `propagation p99`. @param {string} name */
function words(name) {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').toLowerCase();
}
