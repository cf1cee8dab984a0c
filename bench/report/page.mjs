import { decimal, number } from '../../tools/figures.mjs';
import { table } from '../../tools/markdown.mjs';
import { capacity, costOfMessage } from './capacity.mjs';
import { isMet } from '../targets.mjs';
import { cellsOf, HEAD, ratioOf, targetOf, verdicts } from './table.mjs';

/** @typedef {import('./evidence.mjs').Run} Run */
/** @typedef {import('./evidence.mjs').SpeedEvidence} SpeedEvidence */

/** All rows with their verdicts but the exponents, a table for each Node. @param {SpeedEvidence} evidence */
export function resultTables(evidence) {
  return runsOf(evidence)
    .map(([major, run]) => {
      const results = verdicts(run.rows, Number(major)).filter(({ unit }) => unit !== 'exponent');
      const rows = results.map((result) => [
        ...cellsOf(result),
        result.met === undefined ? '' : result.met ? 'met' : '**missed**',
      ]);
      return `### Node ${major}\n\n${table([...HEAD, ''], rows)}`;
    })
    .join('\n\n');
}

/** What was wanted and is not reached, with the reason. @param {SpeedEvidence} evidence */
export function floorTable(evidence) {
  const runs = runsOf(evidence);
  const results = runs.map(([major, { rows }]) => verdicts(rows, Number(major)));
  const wanted = (results[0] ?? []).filter(
    ({ id, wanted: target }) =>
      target && results.some((run) => run.some((each) => each.id === id && !isMet(target, each.row))),
  );
  return table(
    ['work', 'against', 'wanted', ...runs.map(([major]) => `Node ${major}`), 'what is in the way'],
    wanted.map(({ id, work, against, unit, wanted: target = {}, floor = '' }) => [
      work,
      against,
      targetOf(target, unit),
      ...results.map((run) => ratioOf(run.find((each) => each.id === id)?.row ?? { ours: NaN })),
      floor,
    ]),
  );
}

/** The machine and the versions of each run. @param {SpeedEvidence} evidence */
export function environmentTable(evidence) {
  const runs = runsOf(evidence);
  const names = [...new Set(runs.flatMap(([, { versions }]) => Object.keys(versions)))];
  return table(
    ['', ...runs.map(([major]) => `Node ${major}`)],
    [
      ['measured', ...runs.map(([, { date }]) => date)],
      [
        'machine',
        ...runs.map(
          ([, { machine }]) => `${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}`,
        ),
      ],
      ['the earlier build', ...runs.map(([, { series }]) => series.earlierBuild ?? '')],
      ...names.map((name) => [name, ...runs.map(([, { versions }]) => versions[name] ?? '')]),
    ],
  );
}

/** The curves of growth with their exponents, a table for each Node that has measured them. @param {SpeedEvidence} evidence */
export function growthTables(evidence) {
  return runsOf(evidence)
    .filter(([, { series }]) => series.growth !== undefined)
    .map(([major, { rows, series }]) => {
      const results = verdicts(rows, Number(major));
      const lines = series.growth.flatMap(({ id, by, unit, points, exponent }) => {
        const result = results.find((each) => each.id === id);
        if (!result) return [];
        const curve = points.map(({ size, cost }) => `${number(size)}: ${decimal(cost)}`).join(', ');
        const { atMost } = result.target;
        const target = atMost === undefined ? 'reported' : `≤ ${atMost}`;
        const verdict = result.met === undefined ? '' : result.met ? 'met' : '**missed**';
        return [[result.work, by, `${curve} ${unit}`, exponent.toFixed(2), target, verdict]];
      });
      return `### Growth on Node ${major}\n\n${table(['work', 'by', 'curve', 'exponent', 'target', ''], lines)}`;
    })
    .join('\n\n');
}

/** The cost of evictions and syncs for Redis, by instances, on the oldest Node. @param {SpeedEvidence} evidence */
export function redisTable(evidence) {
  const [, run] = runsOf(evidence)[0] ?? [];
  return table(
    [
      'instances',
      'messages per eviction',
      'Redis CPU per eviction, µs',
      'bytes sent per eviction',
      'script time per sync, µs',
      'bytes per sync',
    ],
    (run?.series.redisWork ?? []).map(({ instances, sync, eviction }) => [
      `${instances}`,
      `${eviction.messages}`,
      eviction.cpuMicroseconds.toFixed(1),
      number(eviction.bytes),
      sync.microseconds.toFixed(0),
      number(sync.bytes),
    ]),
  );
}

/** What many simulated instances cause together, on the oldest Node. @param {SpeedEvidence} evidence */
export function simulationTable(evidence) {
  const [, run] = runsOf(evidence)[0] ?? [];
  return table(
    [
      'instances',
      'messages per eviction',
      'bytes per eviction',
      'syncs a second',
      'bytes per sync',
      'loads per eviction',
      'recovery, ms',
      'syncs of the recovery',
      'loads of the recovery',
    ],
    (run?.series.simulation ?? []).map((each) =>
      [
        each.instances,
        each.messagesPerEviction,
        each.bytesPerEviction,
        each.syncsPerSecond,
        each.bytesPerSync,
        each.loadsPerEviction,
        each.recovery.milliseconds,
        each.recovery.syncs,
        each.recovery.loads,
      ].map((figure) => (figure < 10 ? `${Number(figure.toFixed(1))}` : number(figure))),
    ),
  );
}

/** The load that one Redis carries, calculated from the same run. @param {SpeedEvidence} evidence */
export function capacityTable(evidence) {
  const [, run] = runsOf(evidence)[0] ?? [];
  const work = run?.series.redisWork ?? [];
  const { fixed, perInstance } = costOfMessage(work);
  const rows = table(
    [
      'instances',
      'heartbeats, share of a core',
      'messages a second',
      'keys a second, 100 a message',
      'Redis sends, one key a message',
    ],
    [10, 100, 1_000].map((instances) => {
      const { heartbeats, messages, bytes } = capacity(instances, work);
      return [
        number(instances),
        `${(heartbeats * 100).toFixed(2)} %`,
        number(messages),
        number(messages * 100),
        `${(bytes / 1e6).toFixed(1)} MB/s`,
      ];
    }),
  );
  return `A message costs Redis ${fixed.toFixed(0)} µs and ${perInstance.toFixed(1)} µs for each instance that receives it.\n\n${rows}`;
}

/**
 * The runs, that of the oldest supported Node first.
 *
 * @param {SpeedEvidence} evidence
 * @returns {[string, Run][]}
 */
function runsOf(evidence) {
  return Object.entries(evidence).toSorted(([a], [b]) => Number(a) - Number(b));
}
