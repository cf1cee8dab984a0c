import { decimal, mebibytes, number } from '../../tools/figures.mjs';
import { table } from '../../tools/markdown.mjs';
import { sum } from '../../tools/statistics.mjs';
import { LONGEST_LOG } from '../soak/verdict.mjs';

/**
 * @import { WorldReport } from '../../test/coherence/check.js'
 * @import { FaultEvidence } from '../../test/support/lab/evidence.js'
 * @import { CoherenceReport, Evidence, FuzzReport, ServersReport, SoakEvidence } from './evidence.mjs'
 */

/** @param {Evidence} evidence */
export function summaryTable({ faults, coherence, soak, fuzz }) {
  const { simulated, real } = coherence;
  return [
    table(
      ['what was counted', 'in the simulation', 'on real servers'],
      [
        ['schedules of random histories', number(simulated.schedules), number(real.schedules)],
        ['faults injected by random histories', number(faultsOf(simulated)), number(faultsOf(real))],
        ['faults one by one', '', number(faults.length)],
        [
          'reads checked',
          number(simulated.figures.reads),
          number(real.figures.reads + sum(faults.map((row) => row.reads)) + soak.end.reads),
        ],
        [
          'evictions',
          number(simulated.figures.evictions),
          number(
            real.figures.evictions +
              sum(faults.map((row) => row.evictions)) +
              soak.burst.evictions +
              sum(soak.intervals.map((interval) => interval.evictions)),
          ),
        ],
        ['evictions everywhere', number(simulated.figures.everywhere), number(real.figures.everywhere)],
        ['hostile messages', number(fuzz.messages), 'a flood of each kind in the test suite'],
        [
          'broken promises (good: 0)',
          `**${simulated.broken}**`,
          `**${real.broken + faults.filter((row) => row.outcome !== 'kept').length + soak.end.violations.length}**`,
        ],
      ],
    ),
    `The random histories also watched ${number(simulated.figures.loads + real.figures.loads)} loads, and compared ${number(simulated.figures.stored + real.figures.stored)} stored values with every invalidation that was applied while they were made.`,
  ].join('\n\n');
}

/**
 * What was done and what came of it, and then the figures.
 *
 * @param {FaultEvidence[]} rows
 */
export function faultTables(rows) {
  return [
    table(
      ['fault', 'what was done', 'promises (good: kept)'],
      rows.map(({ fault, done, outcome }) => [fault, done, outcome]),
    ),
    table(
      [
        'fault',
        'reads',
        'evictions',
        'stalest read, ms (good: at most the bound)',
        'bound, ms',
        'longest `evict()`, ms (good: at most 400)',
        'longest read, ms (good: at most 150)',
        'coherent again after, ms (good: seconds at most)',
        'flushes (good: 0, or one per instance and lost log)',
        'evictions applied by syncs (any number is good)',
        'missed on a working link (good: 0, unless the channel was silent)',
        'reconnects (good: one per instance and broken link)',
      ],
      rows.map(({ bridge, ...row }) => [
        row.fault,
        number(row.reads),
        number(row.evictions),
        number(row.worstStaleness),
        number(row.bound),
        number(row.longestEvict),
        number(row.longestRead),
        number(row.recoveredIn),
        number(bridge.flushes),
        number(bridge.replayed),
        number(bridge.missed),
        number(bridge.reconnects),
      ]),
    ),
  ].join('\n\n');
}

/**
 * The further measurements of some trials.
 *
 * @param {FaultEvidence[]} rows
 */
export function measuredTable(rows) {
  return table(
    ['fault', 'measured (times in ms)', 'value'],
    rows.flatMap(({ fault, measured = {} }) =>
      Object.entries(measured).map(([name, value]) => [fault, words(name), decimal(value)]),
    ),
  );
}

/**
 * The tests on other servers than the installed one.
 *
 * @param {ServersReport} report
 */
export function serversTable({ servers }) {
  return table(
    [
      'server',
      'tests that passed',
      'tests that failed (good: 0)',
      'faults one by one',
      'reads',
      'evictions',
      'stalest read, ms (good: at most the bound)',
      'bound, ms',
      'broken promises (good: 0)',
    ],
    servers.map(({ server, source, passed, failed, faults }) => [
      `${server} (${source})`,
      number(passed),
      `**${failed.length}**`,
      number(faults.length),
      number(sum(faults.map(({ reads }) => reads))),
      number(sum(faults.map(({ evictions }) => evictions))),
      number(Math.max(0, ...faults.map(({ worstStaleness }) => worstStaleness))),
      number(Math.max(0, ...faults.map(({ bound }) => bound))),
      `**${faults.filter(({ outcome }) => outcome !== 'kept').length}**`,
    ]),
  );
}

/** @param {CoherenceReport} report */
export function historyTables({ node, simulated, audited, observed, real }) {
  const worlds = [
    { name: 'simulated', report: simulated },
    ...(audited ? [{ name: 'simulated, every hit audited', report: audited }] : []),
    ...(observed ? [{ name: 'simulated, while observers ask', report: observed }] : []),
    { name: 'real', report: real },
  ];
  const [names, all] = [worlds.map(({ name }) => name), worlds.map(({ report }) => report)];
  const row = (/** @type {string} */ name, /** @type {(report: WorldReport) => string} */ of) => [name, ...all.map(of)];
  const kinds = [...new Set(all.flatMap(({ faults }) => Object.keys(faults)))].toSorted();
  return [
    table(
      ['what was counted', ...names],
      [
        ['version of Node.js', ...all.map(() => node)],
        row('version of Redis', (report) => ('redis' in report ? real.redis : '')),
        row('schedules', (report) => number(report.schedules)),
        row('first seed', (report) => `${report.firstSeed}`),
        row('duration of the run, s', (report) => number(report.seconds)),
        row('reads', ({ figures }) => number(figures.reads)),
        row('loads', ({ figures }) => number(figures.loads)),
        row('loads without a reader', ({ figures }) => counted(figures.backgroundLoads)),
        row('loads that took longer than their readers wait', ({ figures }) => counted(figures.timeouts)),
        row('reads that were handed an expired value', ({ figures }) => counted(figures.staleServed)),
        row('transactions that were committed', ({ figures }) => counted(figures.committed)),
        row('transactions that were rolled back', ({ figures }) => counted(figures.rolledBack)),
        row('evictions that were forgotten on purpose', ({ figures }) => counted(figures.forgotten)),
        row('values that an audit reported', ({ figures }) => counted(figures.reported)),
        row('… of which the eviction was forgotten on purpose', ({ figures }) => counted(figures.found)),
        ...(observed
          ? [row('answers to observers that asked all the time', ({ figures }) => counted(figures.answers))]
          : []),
        row('changes in the source of truth', ({ figures }) => number(figures.commits)),
        row('evictions', ({ figures }) => number(figures.evictions)),
        row('evictions everywhere', ({ figures }) => number(figures.everywhere)),
        row('longest eviction everywhere, ms', ({ figures }) => number(figures.longestWait)),
        row('`maxStaleness`, ms', (report) => number(report.maxStaleness)),
        row('stalest read, ms (good: at most `maxStaleness` + 250)', ({ figures }) => number(figures.worstStaleness)),
        row('schedules that broke a promise (good: 0)', (report) => number(report.broken)),
      ],
    ),
    table(
      ['fault, and how often it was injected', ...names],
      kinds.map((kind) => [kind, ...all.map(({ faults }) => number(faults[kind] ?? 0))]),
    ),
  ].join('\n\n');
}

/** @param {CoherenceReport} report */
export function teethTable({ teeth }) {
  return table(
    ['mechanism taken out', 'noticed by schedule (good: any)', 'seed that shows it', 'promise that broke'],
    teeth.map(({ mechanism, found, seed, promise }) => [
      mechanism,
      found === undefined ? '**not noticed**' : number(found),
      seed === undefined ? '' : `${seed}`,
      promise ?? '',
    ]),
  );
}

/** @param {FuzzReport} report */
export function hostileTable(report) {
  return table(
    ['what was counted', 'value'],
    [
      ['mutated messages', number(report.messages)],
      ['seed', `${report.seed}`],
      ['messages that were still understood', number(report.understood)],
      ['messages that were refused with a reason', number(report.refused)],
      [
        'mutated connection strings that were still understood',
        number(report.connectionStrings - report.connectionStringsRefused),
      ],
      ['mutated connection strings that were refused with a reason', number(report.connectionStringsRefused)],
      ['errors of a decoder, a parser or an instance (good: 0)', `${report.failures.length}`],
      ['heap in use after a tenth of the messages', mebibytes(report.heap.early)],
      ['heap in use at the end (good: the same)', mebibytes(report.heap.late)],
      ['duration of the run, s', number(report.seconds)],
    ],
  );
}

/** @param {SoakEvidence} report */
export function soakTables({ passed, minutes, instances, maxStaleness, propagation, burst, intervals, end }) {
  return [
    `${instances} instances, each in a process of its own, under traffic for ${minutes} minutes: **${passed ? 'passed' : 'failed'}**.`,
    table(
      ['what was measured', 'value'],
      [
        ['evictions one at a time, received by all other instances together', number(propagation.heard)],
        ['from `evict()` until another process had dropped its copy, p50, ms', decimal(propagation.p50)],
        ['the same, p99, ms (good: below 5)', decimal(propagation.p99)],
        ['the same, longest, ms', decimal(propagation.max)],
        ['evictions in the burst', number(burst.evictions)],
        ['burst: until all promises had settled, ms', number(burst.settled)],
        ['burst: until the last other instance had dropped its last copy, ms', number(burst.dropped)],
        ['burst: evictions a second, from call to dropped copy', number(burst.evictionsPerSecond)],
        ['burst: event-loop delay of a receiver, p99, ms', decimal(burst.delayP99)],
        ['burst: event-loop delay of a receiver, longest, ms', decimal(burst.delayMax)],
        ['burst: copies that were not dropped (good: 0)', number(burst.left)],
        ['reads checked', number(end.reads)],
        [`stalest read, ms (good: at most ${number(maxStaleness + 250)})`, number(end.worstStaleness)],
        ['stale copies at the end (good: 0)', number(end.lost)],
        ['evictions in an outbox at the end (good: 0)', number(end.waiting)],
        ['broken promises (good: 0)', number(end.violations.length)],
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
        'event-loop delay p50, ms',
        'event-loop delay p99, ms (good: not growing)',
        'event-loop delay, longest, ms',
        'RSS of all (good: not growing)',
        'heap of all (good: not growing)',
        'Redis (good: not growing)',
        `log entries (good: at most ${number(LONGEST_LOG)})`,
      ],
      intervals.map((interval, index) => [
        number(sum(intervals.slice(0, index).map(({ seconds }) => seconds))),
        number(interval.reads),
        number(interval.loads),
        number(interval.evictions),
        number(interval.puts),
        number(interval.messages),
        decimal(interval.delayP50),
        decimal(interval.delayP99),
        decimal(interval.delayMax),
        mebibytes(interval.rss),
        mebibytes(interval.heapUsed),
        mebibytes(interval.redisMemory),
        number(interval.logLength),
      ]),
    ),
  ].join('\n\n');
}

/**
 * A figure that older evidence does not have.
 *
 * @param {number | undefined} figure
 */
function counted(figure) {
  return figure === undefined ? 'not recorded' : number(figure);
}

/** @param {WorldReport} report */
function faultsOf({ faults }) {
  return sum(Object.values(faults));
}

/**
 * `propagationP99` becomes `propagation p99`.
 *
 * @param {string} name
 */
function words(name) {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').toLowerCase();
}
